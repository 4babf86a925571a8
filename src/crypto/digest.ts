import { hash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of the text's UTF-8 or of the bytes, BASE64URL. */
export function sha256(data: string | Buffer): string {
  return hash('sha256', data, 'base64url');
}

/** SHA-256 of the text's UTF-8 or of the bytes, raw. */
export function sha256Bytes(data: string | Buffer): Buffer {
  return rawHash('sha256', data);
}

/** By way of a text, one byte a character: `hash` takes three times as long over a Buffer, and every request hashes. */
function rawHash(algorithm: string, data: string | Buffer): Buffer {
  return Buffer.from(hash(algorithm, data, 'binary'), 'binary');
}

/** SHA-256 in lower-case hexadecimal, the form of API tokens in the configuration. */
export function sha256Hex(data: string): string {
  return hash('sha256', data, 'hex');
}

/** Compares a presented secret with the SHA-256 of the expected one, in constant time whatever the lengths. */
export function matchesDigest(presented: string, expectedDigest: Buffer): boolean {
  return timingSafeEqual(sha256Bytes(presented), expectedDigest);
}

/** Compares two texts in constant time. */
export function equalTexts(a: string, b: string): boolean {
  return timingSafeEqual(sha256Bytes(a), sha256Bytes(b));
}

/** A weak-free entity tag for a document: quoted, from its SHA-256. */
export function entityTag(document: Buffer): string {
  return `"${hash('sha256', document, 'base64url').slice(0, 22)}"`;
}

/** The left half of the hash of an access token, as `at_hash` (OpenID Connect Core, section 3.1.3.6). */
export function leftHalfHash(text: string, digest: 'sha256' | 'sha384' | 'sha512'): string {
  const whole = rawHash(digest, text);
  return whole.toString('base64url', 0, whole.length / 2);
}
