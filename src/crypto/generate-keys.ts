import { generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Jwk, JwkSet } from '../domain/jwk.ts';
import { sha256 } from './digest.ts';
import { secretNameOf } from './secret-keys.ts';

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
 * A complete new key set: signing keys RSA, P-256, P-384, P-521, secp256k1 and Ed25519, encryption keys RSA and EC, a
 * symmetric key for encrypted access tokens, and the three reserved symmetric keys.
 */
export async function generateKeySet(options: { readonly rsa: RsaKeySize; readonly eddsa?: boolean }): Promise<JwkSet> {
  const keys = await Promise.all([
    rsaKey('sig', options.rsa),
    ecKey('sig', 'P-256'),
    ecKey('sig', 'P-384'),
    ecKey('sig', 'P-521'),
    ecKey('sig', 'secp256k1'),
    ...(options.eddsa === false ? [] : [ed25519Key()]),
    rsaKey('enc', options.rsa),
    ecKey('enc', 'P-256'),
    ecKey('enc', 'P-384'),
    ecKey('enc', 'P-521'),
  ]);
  return {
    keys: [
      ...keys,
      octKey('enc', 128, freshKid()),
      octKey('sig', 256, 'hmac'),
      octKey('enc', 256, 'subject-encrypt'),
      octKey('enc', 256, 'refresh-token-encrypt'),
    ],
  };
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
