import { sha256 } from '../../crypto/digest.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Random } from '../../ports/random.ts';
import type { Provider } from '../context.ts';
import { minSecretLength } from './check-metadata.ts';
import { registrationProperties } from './properties.ts';

const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** A client ID: `length` random bytes as lower-case Base32 (RFC 4648, section 6) without padding. */
export function newClientId(random: Random, length: number): string {
  let id = '';
  let bits = 0;
  let value = 0;
  for (const byte of random.bytes(length)) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      id += base32[(value >>> bits) & 31];
    }
  }
  return bits > 0 ? id + base32[(value << (5 - bits)) & 31] : id;
}

/**
 * A client secret: BASE64URL of 32 random bytes, or of as many as make it a full key of the client's HMAC algorithm, whose
 * key is the text itself (RFC 7518, section 3.2).
 */
export function newClientSecret(random: Random, metadata: JsonObject): string {
  const length = Math.max(32, Math.ceil((minSecretLength(metadata) * 3) / 4));
  return random.text(length);
}

/** A registration access token with its storage form. */
export interface RegistrationToken {
  /** BASE64URL of `op.reg.accessTokenByteLength` random bytes. */
  readonly token: string;
  /** SHA-256, BASE64URL. */
  readonly hash: string;
}

/** A fresh registration access token (RFC 7592, section 3). */
export function newRegistrationToken({ random, settingsOf }: Provider): RegistrationToken {
  const token = random.bytes(settingsOf(registrationProperties).accessTokenByteLength).toString('base64url');
  return { token, hash: sha256(token) };
}

/** When a secret made now ends, Unix seconds; 0: never. */
export function secretExpiry({ clock, settingsOf }: Provider): number {
  const { clientSecretLifetime } = settingsOf(registrationProperties);
  return clientSecretLifetime === 0 ? 0 : clock.now() + clientSecretLifetime;
}
