import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { SecretKey, SecretKeys } from './secret-keys.ts';
import { syntheticNonce } from './synthetic-nonce.ts';

/** The first byte of a box under the first key of its name, and of one that names its key. */
const plainVersion = 1;
const namedVersion = 2;

/**
 * Encrypts and authenticates text under the current one of 256-bit keys: BASE64URL(version byte, 12-byte nonce, AES-256-GCM
 * ciphertext, 16-byte tag); under a key that has come by rotation the version is 2, and the 3 bytes of its ID stand before the
 * nonce. `purpose` is authenticated with it, so that a box of one kind does not open as another. The same text with the same
 * key and purpose gives the same box (see {@link syntheticNonce}).
 */
export function seal(plaintext: string, keys: SecretKeys, purpose: string): string {
  const key = keys.current;
  const nonce = syntheticNonce(key, `box ${purpose}`, plaintext);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce).setAAD(additionalData(key, purpose));
  const box = Buffer.concat([
    headOf(key),
    nonce,
    cipher.update(plaintext, 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return box.toString('base64url');
}

/** Opens what `seal` made with one of the keys and the same purpose; `undefined` for anything else. Never throws. */
export function unseal(sealed: string, keys: SecretKeys, purpose: string): string | undefined {
  const box = Buffer.from(sealed, 'base64url');
  const key = keyOf(box, keys);
  if (!key) return undefined;
  const start = headOf(key).length;
  if (box.length < start + 29 || box.toString('base64url') !== sealed) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, box.subarray(start, start + 12), { authTagLength: 16 })
      .setAAD(additionalData(key, purpose))
      .setAuthTag(box.subarray(box.length - 16));
    const text = decipher.update(box.subarray(start + 12, box.length - 16));
    decipher.final();
    return text.toString('utf8');
  } catch {
    return undefined;
  }
}

function headOf({ id }: SecretKey): Buffer {
  if (id === '') return Buffer.of(plainVersion);
  return Buffer.concat([Buffer.of(namedVersion), Buffer.from(id, 'base64url')]);
}

function keyOf(box: Buffer, keys: SecretKeys): SecretKey | undefined {
  if (box[0] === plainVersion) return keys.find('');
  if (box[0] !== namedVersion) return undefined;
  const key = keys.find(box.toString('base64url', 1, 4));
  if (!key) keys.missed();
  return key;
}

function additionalData({ id }: SecretKey, purpose: string): Buffer {
  return Buffer.from(id === '' ? purpose : `${id} ${purpose}`);
}
