import type { Jwk, JwkSet } from '../domain/jwk.ts';
import { type AsymmetricJwsAlg, asymmetricJwsAlgs } from './jws-algorithms.ts';
import {
  parseSecretKey,
  type SecretKey,
  type SecretKeys,
  type SecretName,
  secretKeysOf,
  secretNameOf,
  symmetricKids,
} from './secret-keys.ts';
import {
  parsePrivateKey,
  parsePublicKey,
  proveKeyPair,
  publicPart,
  type RsaSigning,
  type SigningKey,
  signingKeyOf,
  suitableAlgs,
  type VerificationKey,
  verificationKeyOf,
} from './signing-key.ts';

/** The server's keys, parsed once. */
export interface KeySet {
  /** The key to sign with; `undefined` when the set has none. */
  signingKey(alg: AsymmetricJwsAlg): SigningKey | undefined;
  /** The key of that `kid` if it suits the algorithm. */
  verificationKey(kid: string, alg: AsymmetricJwsAlg): VerificationKey | undefined;
  /** Algorithms that the set has a signing key for. */
  readonly algs: readonly AsymmetricJwsAlg[];
  /** The public part, for publication. */
  readonly publicJwks: JwkSet;
  /** The symmetric keys of a reserved name. Throws when there is none. */
  secrets(name: SecretName): SecretKeys;
}

/** A key of the set, parsed. */
export interface ReadyKey {
  readonly kid: string;
  /** What is published of it; `undefined` for a symmetric key. */
  readonly published: Jwk | undefined;
  readonly signing: readonly SigningKey[];
  readonly verification: readonly VerificationKey[];
  readonly secret: SecretKey | undefined;
}

/** How keys are made ready. */
export interface ReadyOptions {
  /** Sign and verify once with each private signing key; true unless said otherwise. */
  readonly prove?: boolean;
  /** `auto` unless said otherwise. */
  readonly rsaSigning?: RsaSigning;
}

/**
 * Parses a key of the set. Throws an `Error` that names it by `kid` when it is malformed, weak (RSA below 2048 bits), has no
 * `kid`, or fails the round trip of signature and verification.
 */
export function readyKey(jwk: Jwk, { prove = true, rsaSigning = 'auto' }: ReadyOptions = {}): ReadyKey {
  const { kid } = jwk;
  if (!kid) throw new Error('a key of the set has no kid');
  if (jwk.kty === 'oct') {
    return { kid, published: undefined, signing: [], verification: [], secret: parseSecretKey(jwk, kid) };
  }
  const published = publicPart(jwk);
  const algs = jwk.use === 'enc' ? [] : suitableAlgs(jwk);
  if (algs.length === 0) return { kid, published, signing: [], verification: [], secret: undefined };
  const publicKey = parsePublicKey(published);
  const verification = algs.map((alg) => verificationKeyOf(publicKey, kid, alg));
  // A key without its private part is only published and verified with.
  if (jwk.d === undefined) return { kid, published, signing: [], verification, secret: undefined };
  const privateKey = parsePrivateKey(jwk);
  if (prove) proveKeyPair(jwk);
  const signing = algs.map((alg) => signingKeyOf(privateKey, kid, alg, rsaSigning));
  return { kid, published, signing, verification, secret: undefined };
}

/**
 * A key set: where several keys suit, the first one signs. `missed` is told of symmetric keys that are asked for in vain.
 * Throws an `Error` when two keys have the same `kid`.
 */
export function keySetOf(keys: readonly ReadyKey[], missed?: () => void): KeySet {
  const signing = new Map<AsymmetricJwsAlg, SigningKey>();
  const verification = new Map<string, VerificationKey>();
  const secrets = new Map<SecretName, SecretKey[]>(symmetricKids.map((name) => [name, []]));
  const kids = new Set<string>();
  for (const { kid, signing: signingKeys, verification: verificationKeys, secret } of keys) {
    if (kids.has(kid)) throw new Error(`two keys of the set have the kid ${kid}`);
    kids.add(kid);
    for (const key of signingKeys) if (!signing.has(key.alg)) signing.set(key.alg, key);
    for (const key of verificationKeys) verification.set(`${kid} ${key.alg}`, key);
    const name = secret && secretNameOf(kid);
    if (name) secrets.get(name)?.push(secret);
  }
  const rings = new Map<SecretName, SecretKeys>();
  for (const [name, found] of secrets) if (found.length > 0) rings.set(name, secretKeysOf(name, found, missed));
  return {
    signingKey: (alg) => signing.get(alg),
    verificationKey: (kid, alg) => verification.get(`${kid} ${alg}`),
    algs: asymmetricJwsAlgs.filter((alg) => signing.has(alg)),
    publicJwks: { keys: keys.flatMap(({ published }) => published ?? []) },
    secrets: (name) => rings.get(name) ?? secretKeysOf(name, []),
  };
}

/** A key set out of JWKs in which the first suitable key signs. Throws as {@link readyKey} and {@link keySetOf} do. */
export function createKeySet(jwks: JwkSet, options: ReadyOptions = {}): KeySet {
  return keySetOf(jwks.keys.map((jwk) => readyKey(jwk, options)));
}
