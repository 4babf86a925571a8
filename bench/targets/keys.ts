import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import type { TokenAlg } from './target.ts';

/** A JWK (RFC 7517) with its private part. */
export interface PrivateJwk {
  readonly [member: string]: unknown;
}

/** The signing keys that all targets share in one run, so that nobody has the luckier modulus. */
export interface BenchKeys {
  readonly signing: Readonly<Record<TokenAlg, PrivateJwk>>;
  /** The symmetric keys that Tessera needs besides. */
  readonly symmetric: readonly PrivateJwk[];
}

/** Makes a 2048-bit RSA, a P-256 and an Ed25519 key, and the symmetric ones. */
export function generateBenchKeys(): BenchKeys {
  return {
    signing: {
      RS256: jwk(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'rsa'),
      ES256: jwk(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'p256'),
      EdDSA: jwk(generateKeyPairSync('ed25519').privateKey, 'ed25519'),
    },
    symmetric: [oct('sig', 'hmac'), oct('enc', 'subject-encrypt'), oct('enc', 'refresh-token-encrypt')],
  };
}

function jwk(key: KeyObject, kid: string): PrivateJwk {
  return { ...key.export({ format: 'jwk' }), use: 'sig', kid };
}

function oct(use: 'sig' | 'enc', kid: string): PrivateJwk {
  return { kty: 'oct', use, kid, k: randomBytes(32).toString('base64url') };
}
