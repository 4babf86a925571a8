import { constants } from 'node:crypto';

/** JWS algorithms with a digital signature (RFC 7518, RFC 8037, RFC 8812). */
export const asymmetricJwsAlgs = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES256K',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

/** JWS algorithms with an HMAC under a shared secret. */
export const hmacJwsAlgs = ['HS256', 'HS384', 'HS512'] as const;

/** A JWS algorithm with a digital signature. */
export type AsymmetricJwsAlg = (typeof asymmetricJwsAlgs)[number];

/** A JWS algorithm with an HMAC. */
export type HmacJwsAlg = (typeof hmacJwsAlgs)[number];

/** What node:crypto needs to know of an algorithm. */
export interface JwsAlgorithm {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv?: string;
  /** Digest name; `null` where the signature scheme brings its own. */
  readonly digest: string | null;
  readonly options: {
    readonly padding?: number;
    readonly saltLength?: number;
    readonly dsaEncoding?: 'ieee-p1363';
  };
}

const ec = (crv: string, digest: string): JwsAlgorithm => ({
  kty: 'EC',
  crv,
  digest,
  options: { dsaEncoding: 'ieee-p1363' },
});
const rs = (digest: string): JwsAlgorithm => ({ kty: 'RSA', digest, options: {} });
const ps = (digest: string, saltLength: number): JwsAlgorithm => ({
  kty: 'RSA',
  digest,
  options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
});

/** The table of asymmetric algorithms. */
export const jwsAlgorithms: Readonly<Record<AsymmetricJwsAlg, JwsAlgorithm>> = {
  RS256: rs('sha256'),
  RS384: rs('sha384'),
  RS512: rs('sha512'),
  PS256: ps('sha256', 32),
  PS384: ps('sha384', 48),
  PS512: ps('sha512', 64),
  ES256: ec('P-256', 'sha256'),
  ES256K: ec('secp256k1', 'sha256'),
  ES384: ec('P-384', 'sha384'),
  ES512: ec('P-521', 'sha512'),
  EdDSA: { kty: 'OKP', crv: 'Ed25519', digest: null, options: {} },
};

/** True for the name of an asymmetric JWS algorithm. */
export function isAsymmetricJwsAlg(alg: string): alg is AsymmetricJwsAlg {
  return Object.hasOwn(jwsAlgorithms, alg);
}

/** True for the name of an HMAC JWS algorithm. */
export function isHmacJwsAlg(alg: string): alg is HmacJwsAlg {
  return alg === 'HS256' || alg === 'HS384' || alg === 'HS512';
}

/** The digest of a JWS algorithm's family, from which `at_hash` and its like are taken (OpenID Connect Core, section 3.1.3.6). */
export function hashOfAlg(alg: string): 'sha256' | 'sha384' | 'sha512' {
  // Ed25519 hashes with SHA-512 inside; the family digits of the other names tell.
  if (alg === 'EdDSA' || alg.endsWith('512')) return 'sha512';
  return alg.endsWith('384') ? 'sha384' : 'sha256';
}
