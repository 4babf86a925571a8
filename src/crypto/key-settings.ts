import { isJsonObject } from '../domain/json.ts';
import type { Jwk, JwkSet } from '../domain/jwk.ts';
import { decodeBase64Url } from './base64url.ts';
import type { RsaKeySize } from './generate-keys.ts';
import { createKeySet, type KeySet, type ReadyOptions } from './key-set.ts';
import type { KeySettings } from './properties.ts';

/** The key size in bits behind the property. */
export function rsaKeySize(settings: KeySettings): RsaKeySize {
  const sizes: Readonly<Record<KeySettings['defaultRsaKeySize'], RsaKeySize>> = {
    '2048': 2048,
    '3072': 3072,
    '4096': 4096,
  };
  return sizes[settings.defaultRsaKeySize];
}

/** The key behind `keyStore.encJWK`. Throws an `Error` that says what is expected. */
export function encryptionKeyOf(jwk: unknown): Buffer {
  const k = isJsonObject(jwk) && jwk['kty'] === 'oct' && typeof jwk['k'] === 'string' ? jwk['k'] : undefined;
  const bytes = k === undefined ? undefined : decodeBase64Url(k);
  if (bytes?.length !== 16) {
    throw new Error(
      'keyStore.encJWK must be a 128-bit AES key as JWK (kty oct); make one with: tessera keys generate --enc',
    );
  }
  return bytes;
}

/** What the custody of stored keys takes from the configuration. Throws as {@link encryptionKeyOf} does. */
export function custodySettings({ encJwk, convertFirstRelease }: KeySettings) {
  return { encryptionKey: encryptionKeyOf(encJwk), convertFirstRelease };
}

/**
 * The keys of `keyStore.staticJWKSet.op`. Throws an `Error` for the operator for a malformed or unusable key, and when one is
 * missing that no server can do without: `hmac`, `refresh-token-encrypt`, an RSA key for signatures. Options as in
 * {@link createKeySet}.
 */
export function staticKeySet(document: unknown, options: ReadyOptions = {}): KeySet {
  const keySet = createKeySet(asJwkSet(document, 'keyStore.staticJWKSet.op'), options);
  keySet.secrets('hmac');
  keySet.secrets('refresh-token-encrypt');
  if (!keySet.signingKey('RS256')) throw new Error('the key set lacks an RSA key for signatures (use sig)');
  return keySet;
}

function asJwkSet(value: unknown, where: string): JwkSet {
  if (!isJsonObject(value) || !Array.isArray(value['keys'])) throw new Error(`${where} is not a JWK set`);
  const keys: unknown[] = value['keys'];
  return { keys: keys.filter(isJwk) };
}

function isJwk(value: unknown): value is Jwk {
  return isJsonObject(value) && typeof value['kty'] === 'string';
}
