import { createCipheriv, randomBytes } from 'node:crypto';
import type { JsonObject } from '../domain/json.ts';
import type { JwkSet } from '../domain/jwk.ts';

/**
 * For tests: the stored form of keys as release 0.1.0 wrote it, which stays as it is: a JWK set, the secret members of each key as one
 * JWE under the 128-bit key of `keyStore.encJWK`.
 */
export function firstReleaseDocument(jwks: JwkSet, encryptionKey: Buffer): JsonObject {
  return {
    keys: jwks.keys.map(({ d, p, q, dp, dq, qi, k, ...open }) => ({
      ...open,
      encrypted: jwe(JSON.stringify({ d, p, q, dp, dq, qi, k }), encryptionKey),
    })),
  };
}

function jwe(plaintext: string, key: Buffer): string {
  const header = Buffer.from('{"alg":"dir","enc":"A128GCM"}').toString('base64url');
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-128-gcm', key, iv).setAAD(Buffer.from(header));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return [header, '', iv, ciphertext, cipher.getAuthTag()]
    .map((part) => (typeof part === 'string' ? part : part.toString('base64url')))
    .join('.');
}
