import { createHmac } from 'node:crypto';
import type { SecretKey } from './secret-keys.ts';

const nonceKeys = new WeakMap<SecretKey, Buffer>();

/**
 * The 12-byte nonce for the encryption of a text under a key with AES-GCM, made of the text itself: the first 96 bits of
 * HMAC-SHA-256 over label and text, under a key derived from the encryption key. So the same text gives the same ciphertext,
 * and nothing has to be remembered for that.
 *
 * As with AES-SIV (RFC 5297), the one thing that an observer learns is whether two texts are equal. A nonce repeats under
 * another text with the probability of a collision of 96 bits, which is that of random nonces too: after 2^32 texts under
 * one key it is 2^-33, and 2^32 is where NIST SP 800-38D, section 8.3, ends the life of a key with random nonces. The
 * HMAC is keyed, so that nobody outside can look for a collision.
 *
 * `label` says what the text is for. Labels keep apart what different uses of one key would encrypt.
 */
export function syntheticNonce(key: SecretKey, label: string, text: string): Buffer {
  let nonceKey = nonceKeys.get(key);
  if (nonceKey === undefined) {
    nonceKey = createHmac('sha256', key.bytes).update('tessera synthetic nonce').digest();
    nonceKeys.set(key, nonceKey);
  }
  // With its length in front, no label and text read like another label and text.
  return createHmac('sha256', nonceKey).update(`${label.length}:${label}${text}`).digest().subarray(0, 12);
}
