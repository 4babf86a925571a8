import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '../ports/random.ts';

const version = 1;

/**
 * Encrypts and authenticates text under a 256-bit key: BASE64URL(version byte, 12-byte nonce, AES-256-GCM ciphertext,
 * 16-byte tag). `purpose` is authenticated with it, so that a box of one kind does not open as another.
 */
export function seal(plaintext: string, key: Buffer, purpose: string, random: Random): string {
  const nonce = random.bytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose));
  const box = Buffer.concat([
    Buffer.of(version),
    nonce,
    cipher.update(plaintext, 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return box.toString('base64url');
}

/** Opens what `seal` made with the same key and purpose; `undefined` for anything else. Never throws. */
export function unseal(sealed: string, key: Buffer, purpose: string): string | undefined {
  const box = Buffer.from(sealed, 'base64url');
  if (box.length < 30 || box[0] !== version || box.toString('base64url') !== sealed) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(1, 13), { authTagLength: 16 })
      .setAAD(Buffer.from(purpose))
      .setAuthTag(box.subarray(box.length - 16));
    const text = decipher.update(box.subarray(13, box.length - 16));
    decipher.final();
    return text.toString('utf8');
  } catch {
    return undefined;
  }
}
