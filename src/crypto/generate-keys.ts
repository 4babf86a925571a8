import { generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Jwk, JwkSet } from '../domain/jwk.ts';
import { sha256 } from './digest.ts';
import { type AsymmetricJwsAlg, asymmetricJwsAlgs, jwsAlgorithms } from './jws-algorithms.ts';
import { secretNameOf } from './secret-keys.ts';
import { suitableAlgs } from './signing-key.ts';

const generate = promisify(generateKeyPair);

/** Sizes of RSA keys on offer, in bits. */
export type RsaKeySize = 2048 | 3072 | 4096;

/** The required members of a JWK by type, in the order of RFC 7638. */
const thumbprintMembers: Readonly<Record<string, readonly (keyof Jwk)[]>> = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  oct: ['k', 'kty'],
};

/** The SHA-256 thumbprint of a key, BASE64URL (RFC 7638). */
export function jwkThumbprint(jwk: Jwk): string {
  const members = thumbprintMembers[jwk.kty];
  if (!members) throw new Error(`no thumbprint is defined for the key type ${jwk.kty}`);
  return sha256(JSON.stringify(Object.fromEntries(members.map((member) => [member, jwk[member]]))));
}

/**
 * A complete new key set for these algorithms, all unless they are given: a signing key RSA, whatever they are, and one of each curve
 * that they need; and the three reserved symmetric keys.
 */
export async function generateKeySet(options: {
  readonly rsa: RsaKeySize;
  readonly algs?: readonly AsymmetricJwsAlg[];
}): Promise<JwkSet> {
  const signing = await missingSigningKeys([], { algs: asymmetricJwsAlgs, ...options });
  return {
    keys: [
      ...signing,
      octKey('sig', 256, 'hmac'),
      octKey('enc', 256, 'subject-encrypt'),
      octKey('enc', 256, 'refresh-token-encrypt'),
    ],
  };
}

/** New signing keys for those of the algorithms, and for RS256, that none of the keys serves. */
export async function missingSigningKeys(
  present: readonly Jwk[],
  options: { readonly rsa: RsaKeySize; readonly algs: readonly AsymmetricJwsAlg[] },
): Promise<readonly Jwk[]> {
  const signs = present.filter((jwk) => jwk.use !== 'enc' && jwk.d !== undefined);
  const served = new Set(signs.flatMap(suitableAlgs));
  const needed = asymmetricJwsAlgs.filter((alg) => alg === 'RS256' || options.algs.includes(alg));
  const kinds = new Set(
    needed.filter((alg) => !served.has(alg)).map((alg) => jwsAlgorithms[alg].crv ?? jwsAlgorithms[alg].kty),
  );
  const rest = curves.filter((curve) => kinds.has(curve)).map((curve) => ecKey('sig', curve));
  return Promise.all([
    ...(kinds.has('RSA') ? [rsaKey('sig', options.rsa)] : []),
    ...rest,
    ...(kinds.has('Ed25519') ? [ed25519Key()] : []),
  ]);
}

/**
 * A new key for what an old one was for: of its type, curve or size, `use` and `alg`, RSA of `rsa` bits, under a `kid` that is
 * not `taken`. Rejects with an `Error` for a type of key that the server does not make.
 */
export async function generateSuccessor(
  old: Jwk,
  options: { readonly rsa: RsaKeySize; readonly taken: ReadonlySet<string> },
): Promise<Jwk> {
  for (;;) {
    const made = await sameKind(old, options.rsa);
    const successor = old.alg === undefined ? made : { ...made, alg: old.alg };
    if (!options.taken.has(successor.kid ?? '')) return successor;
  }
}

async function sameKind(old: Jwk, rsa: RsaKeySize): Promise<Jwk> {
  const use = old.use === 'enc' ? 'enc' : 'sig';
  if (old.kty === 'oct') {
    const name = secretNameOf(old.kid ?? '');
    const bits = Buffer.from(old.k ?? '', 'base64url').length * 8;
    return octKey(use, bits, name === undefined ? freshKid() : `${name}.${randomBytes(3).toString('base64url')}`);
  }
  if (old.kty === 'RSA') return rsaKey(use, rsa);
  if (old.crv === 'Ed25519') return ed25519Key();
  const curve = curves.find((name) => name === old.crv);
  if (curve === undefined) throw new Error(`no successor can be made for the key ${old.kid} (${old.kty} ${old.crv})`);
  return ecKey(use, curve);
}

/** A new 128-bit AES key, as `keyStore.encJWK` wants it. */
export function generateEncryptionJwk(): Jwk {
  return octKey('enc', 128, freshKid());
}

async function rsaKey(use: 'sig' | 'enc', bits: RsaKeySize): Promise<Jwk> {
  const { privateKey } = await generate('rsa', { modulusLength: bits });
  return named(privateKey, use);
}

const curves = ['P-256', 'P-384', 'P-521', 'secp256k1'] as const;

async function ecKey(use: 'sig' | 'enc', curve: (typeof curves)[number]): Promise<Jwk> {
  const { privateKey } = await generate('ec', { namedCurve: curve });
  return named(privateKey, use);
}

async function ed25519Key(): Promise<Jwk> {
  const { privateKey } = await generate('ed25519');
  return named(privateKey, 'sig');
}

function octKey(use: 'sig' | 'enc', bits: number, kid: string): Jwk {
  return { kty: 'oct', use, kid, k: randomBytes(bits / 8).toString('base64url') };
}

function named(privateKey: KeyObject, use: 'sig' | 'enc'): Jwk {
  const { kty, ...members } = privateKey.export({ format: 'jwk' });
  if (kty === undefined) throw new Error('the exported key has no type');
  return { ...members, kty, use, kid: freshKid() };
}

/** Short, distinct names: they appear in every token header. None looks like an option on a command line. */
function freshKid(): string {
  const kid = randomBytes(5).toString('base64url');
  return kid.startsWith('-') ? freshKid() : kid;
}
