import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Jwk, JwkSet } from '../domain/jwk.ts';
import { decodeBase64Url } from './base64url.ts';
import { type AsymmetricJwsAlg, asymmetricJwsAlgs, jwsAlgorithms } from './jws-algorithms.ts';

/** Reserved key IDs of the symmetric keys (256 bits each). */
export const symmetricKids = ['hmac', 'subject-encrypt', 'refresh-token-encrypt'] as const;

/** What node:crypto takes as the key of `sign`. */
export interface SignInput {
  readonly key: KeyObject;
  readonly padding?: number;
  readonly saltLength?: number;
  readonly dsaEncoding?: 'ieee-p1363';
}

/** A private key made ready for one algorithm: nothing is parsed or encoded again at a signature. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: AsymmetricJwsAlg;
  readonly rsa: boolean;
  readonly digest: string | null;
  readonly signInput: SignInput;
  /** The protected header, BASE64URL, with the `typ` if given. */
  header(typ?: string): string;
}

/** A public key made ready for one algorithm. */
export interface VerificationKey {
  readonly kid: string | undefined;
  readonly alg: AsymmetricJwsAlg;
  readonly verifyInput: SignInput;
}

/** The server's keys, parsed once. */
export interface KeySet {
  /** The first suitable key; `undefined` when the set has none. */
  signingKey(alg: AsymmetricJwsAlg): SigningKey | undefined;
  /** The key of that `kid` if it suits the algorithm. */
  verificationKey(kid: string, alg: AsymmetricJwsAlg): VerificationKey | undefined;
  /** Algorithms that the set has a signing key for. */
  readonly algs: readonly AsymmetricJwsAlg[];
  /** The public part, for publication. */
  readonly publicJwks: JwkSet;
  /** The symmetric key of a reserved ID, 32 bytes. Throws when it is missing. */
  secret(kid: (typeof symmetricKids)[number]): Buffer;
}

const publicMembers = ['kty', 'use', 'kid', 'alg', 'crv', 'x', 'y', 'n', 'e', 'x5c'] as const;

/**
 * Parses a JWK set into ready keys, and signs and verifies once with each private signing key. Throws an `Error` that
 * names the key by `kid` when one is malformed, weak (RSA below 2048 bits), has no or a repeated `kid`, or fails the round trip,
 * which `prove: false` leaves out.
 */
export function createKeySet(jwks: JwkSet, { prove = true }: { readonly prove?: boolean } = {}): KeySet {
  const signing = new Map<AsymmetricJwsAlg, SigningKey>();
  const verification = new Map<string, VerificationKey>();
  const secrets = new Map<string, Buffer>();
  const published: Jwk[] = [];
  const kids = new Set<string>();

  for (const jwk of jwks.keys) {
    const kid = jwk.kid;
    if (!kid) throw new Error('a key of the set has no kid');
    if (kids.has(kid)) throw new Error(`two keys of the set have the kid ${kid}`);
    kids.add(kid);
    if (jwk.kty === 'oct') {
      secrets.set(kid, secretOf(jwk, kid));
      continue;
    }
    const publicJwk = publicPart(jwk);
    published.push(publicJwk);
    if (jwk.use === 'enc') continue;
    for (const alg of suitableAlgs(jwk)) {
      const publicKey = parsePublicKey(publicJwk);
      verification.set(`${kid} ${alg}`, verificationKeyOf(publicKey, kid, alg));
      if (jwk.d === undefined || signing.has(alg)) continue;
      const key = signingKeyOf(jwk, kid, alg);
      if (prove) proveKey(key, verificationKeyOf(publicKey, kid, alg));
      signing.set(alg, key);
    }
  }

  return {
    signingKey: (alg) => signing.get(alg),
    verificationKey: (kid, alg) => verification.get(`${kid} ${alg}`),
    algs: asymmetricJwsAlgs.filter((alg) => signing.has(alg)),
    publicJwks: { keys: published },
    secret(kid) {
      const secret = secrets.get(kid);
      if (!secret) throw new Error(`the key set lacks the symmetric key ${kid}`);
      return secret;
    },
  };
}

/** The members of a JWK that may be published; anything private or unknown is left out. */
export function publicPart(jwk: Jwk): Jwk {
  const present = publicMembers.filter((member) => jwk[member] !== undefined);
  return { kty: jwk.kty, ...Object.fromEntries(present.map((member) => [member, jwk[member]])) };
}

/** Parses the public part of a JWK. Throws an `Error` naming the `kid` for a malformed or weak key. */
export function parsePublicKey(jwk: Jwk): KeyObject {
  try {
    const key = createPublicKey({ key: { ...publicPart(jwk) }, format: 'jwk' });
    refuseWeakKey(key, jwk.kid);
    return key;
  } catch (error) {
    throw new Error(`the key ${jwk.kid ?? '(no kid)'} cannot be used: ${messageOf(error)}`);
  }
}

/** The algorithms that a signing key of this type serves, restricted by its own `alg` when it has one. */
export function suitableAlgs(jwk: Jwk): readonly AsymmetricJwsAlg[] {
  return asymmetricJwsAlgs.filter((alg) => {
    const { kty, crv } = jwsAlgorithms[alg];
    return kty === jwk.kty && (crv === undefined || crv === jwk.crv) && (jwk.alg === undefined || jwk.alg === alg);
  });
}

/** Makes a public key ready for an algorithm. */
export function verificationKeyOf(key: KeyObject, kid: string | undefined, alg: AsymmetricJwsAlg): VerificationKey {
  return { kid, alg, verifyInput: { key, ...jwsAlgorithms[alg].options } };
}

function signingKeyOf(jwk: Jwk, kid: string, alg: AsymmetricJwsAlg): SigningKey {
  const { kty, digest, options } = jwsAlgorithms[alg];
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
    refuseWeakKey(key, kid);
  } catch (error) {
    throw new Error(`the key ${kid} cannot be used: ${messageOf(error)}`);
  }
  const headers = new Map<string, string>();
  const encode = (typ: string | undefined) =>
    Buffer.from(JSON.stringify(typ === undefined ? { alg, kid } : { alg, typ, kid })).toString('base64url');
  const plain = encode(undefined);
  return {
    kid,
    alg,
    rsa: kty === 'RSA',
    digest,
    signInput: { key, ...options },
    header(typ) {
      if (typ === undefined) return plain;
      let header = headers.get(typ);
      if (header === undefined) {
        header = encode(typ);
        headers.set(typ, header);
      }
      return header;
    },
  };
}

function proveKey(key: SigningKey, counterpart: VerificationKey): void {
  const data = Buffer.from('proof');
  const signature = sign(key.digest, data, key.signInput);
  if (!verify(key.digest, data, counterpart.verifyInput, signature)) {
    throw new Error(`the private and public parts of the key ${key.kid} (${key.alg}) do not belong together`);
  }
}

function refuseWeakKey(key: KeyObject, kid: string | undefined): void {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < 2048)
    throw new Error(`RSA of ${bits} bits; at least 2048 are required (${kid ?? 'no kid'})`);
}

function secretOf(jwk: Jwk, kid: string): Buffer {
  const bytes = jwk.k === undefined ? undefined : decodeBase64Url(jwk.k);
  if (!bytes || bytes.length < 16) throw new Error(`the symmetric key ${kid} is malformed or shorter than 128 bits`);
  const reserved = symmetricKids.some((reservedKid) => reservedKid === kid);
  if (reserved && bytes.length < 32) throw new Error(`the symmetric key ${kid} must have at least 256 bits`);
  if (kid === 'refresh-token-encrypt' && bytes.length !== 32)
    throw new Error(`the symmetric key ${kid} must have 256 bits`);
  return bytes;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown reason';
}
