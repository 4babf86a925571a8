import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '../ports/random.ts';
import { decodeBase64Url } from './base64url.ts';

const encByKeyLength: Readonly<Record<number, 'A128GCM' | 'A192GCM' | 'A256GCM'>> = {
  16: 'A128GCM',
  24: 'A192GCM',
  32: 'A256GCM',
};

const ciphers = { A128GCM: 'aes-128-gcm', A192GCM: 'aes-192-gcm', A256GCM: 'aes-256-gcm' } as const;

/** Encrypts text as a compact JWE with `alg` `dir` and AES-GCM of the key's length (RFC 7516; 16, 24 or 32 bytes of key). */
export function encryptDirect(plaintext: string, key: Buffer, random: Random): string {
  const enc = encByKeyLength[key.length];
  if (!enc) throw new Error(`a key of ${key.length} bytes fits no AES-GCM`);
  const header = Buffer.from(JSON.stringify({ alg: 'dir', enc })).toString('base64url');
  const iv = random.bytes(12);
  const cipher = createCipheriv(ciphers[enc], key, iv).setAAD(Buffer.from(header, 'latin1'));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return `${header}..${iv.toString('base64url')}.${ciphertext.toString('base64url')}.${cipher.getAuthTag().toString('base64url')}`;
}

/** Decrypts a compact `dir` JWE; `undefined` for any other text or key. Never throws. */
export function decryptDirect(jwe: string, key: Buffer): string | undefined {
  const [header, encryptedKey, ivPart, ciphertextPart, tagPart, rest] = jwe.split('.', 6);
  if (header === undefined || encryptedKey !== '' || rest !== undefined) return undefined;
  const enc = encByKeyLength[key.length];
  const iv = decodeBase64Url(ivPart ?? '');
  const ciphertext = decodeBase64Url(ciphertextPart ?? '');
  const tag = decodeBase64Url(tagPart ?? '');
  if (!enc || !iv || iv.length !== 12 || !ciphertext || !tag || tag.length !== 16) return undefined;
  if (Buffer.from(header, 'base64url').toString('utf8') !== JSON.stringify({ alg: 'dir', enc })) return undefined;
  try {
    const decipher = createDecipheriv(ciphers[enc], key, iv, { authTagLength: 16 })
      .setAAD(Buffer.from(header, 'latin1'))
      .setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
