import { isJsonObject, type JsonObject } from '../domain/json.ts';
import type { Jwk, JwkSet } from '../domain/jwk.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { KeyStore } from '../ports/stores/stores.ts';
import { decodeBase64Url } from './base64url.ts';
import { generateKeySet, type RsaKeySize } from './generate-keys.ts';
import { decryptDirect, encryptDirect } from './jwe.ts';
import { createKeySet, type KeySet } from './key-set.ts';
import type { KeySettings } from './properties.ts';

/** The server's keys as they are now. */
export interface ServerKeys {
  /** The parsed key set: one object until the keys change. Never waits; a stale set is renewed in the background. */
  current(): KeySet;
}

/** The key size in bits behind the property. */
export function rsaKeySize(settings: KeySettings): RsaKeySize {
  const sizes: Readonly<Record<KeySettings['defaultRsaKeySize'], RsaKeySize>> = {
    '2048': 2048,
    '3072': 3072,
    '4096': 4096,
  };
  return sizes[settings.defaultRsaKeySize];
}

/**
 * Opens the keys: the static set of the configuration, or the stored one, which is generated at the first start. Rejects
 * with an `Error` for the operator when the configuration or the stored set is unusable.
 */
export async function openServerKeys(deps: {
  readonly settings: KeySettings;
  readonly store: KeyStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Promise<ServerKeys> {
  const { settings, clock, log } = deps;
  if (settings.staticJwkSet !== undefined) {
    const keySet = staticKeySet(settings.staticJwkSet);
    logKeys(keySet, log);
    return { current: () => keySet };
  }
  const encryptionKey = encryptionKeyOf(settings.encJwk);
  let loaded = (await load(deps, encryptionKey)) ?? (await generateOnce(deps, encryptionKey));
  let readAt = clock.now();
  let reading = false;
  logKeys(loaded.keySet, log);

  const renew = async () => {
    try {
      const stored = await deps.store.load();
      if (stored && stored.version !== loaded.version) {
        loaded = parse(stored, encryptionKey);
        logKeys(loaded.keySet, log);
      }
    } catch (error) {
      log.error('SE9001', 'The key store could not be read; the keys in memory stay in use', {}, error);
    } finally {
      // After a failure too: a store that is away is asked again as often as one that answers, not by every request.
      readAt = clock.now();
      reading = false;
    }
  };

  return {
    current() {
      if (!reading && clock.now() - readAt >= Math.max(settings.cacheLifetime, 1)) {
        reading = true;
        void renew();
      }
      return loaded.keySet;
    },
  };
}

/**
 * The keys of `keyStore.staticJWKSet.op`. Throws an `Error` for the operator for a malformed or unusable key, and when one is
 * missing that no server can do without: `hmac`, `refresh-token-encrypt`, an RSA key for signatures. `prove` as in
 * {@link createKeySet}.
 */
export function staticKeySet(document: unknown, options: { readonly prove?: boolean } = {}): KeySet {
  const keySet = createKeySet(asJwkSet(document, 'keyStore.staticJWKSet.op'), options);
  keySet.secret('hmac');
  keySet.secret('refresh-token-encrypt');
  if (!keySet.signingKey('RS256')) throw new Error('the key set lacks an RSA key for signatures (use sig)');
  return keySet;
}

interface Loaded {
  readonly version: number;
  readonly keySet: KeySet;
}

type Deps = Parameters<typeof openServerKeys>[0];

async function load(deps: Deps, encryptionKey: Buffer): Promise<Loaded | undefined> {
  const stored = await deps.store.load();
  return stored && parse(stored, encryptionKey);
}

function parse(stored: { version: number; document: JsonObject }, encryptionKey: Buffer): Loaded {
  return { version: stored.version, keySet: createKeySet(decryptKeySet(stored.document, encryptionKey)) };
}

/** Generates the first key set. Of several processes that start at once, one wins and the others use its set. */
async function generateOnce(deps: Deps, encryptionKey: Buffer): Promise<Loaded> {
  const jwks = await generateKeySet({ rsa: rsaKeySize(deps.settings) });
  const document = encryptKeySet(jwks, encryptionKey, deps.random);
  if (await deps.store.save(0, document)) {
    deps.log.info('SE9000', 'Generated a new key set', { keys: jwks.keys.length });
    return { version: 1, keySet: createKeySet(jwks) };
  }
  const winner = await load(deps, encryptionKey);
  if (!winner) throw new Error('the key store refused the new key set, but has none');
  return winner;
}

/** The stored form: public members in clear, each key's private members as one JWE. */
export function encryptKeySet(jwks: JwkSet, encryptionKey: Buffer, random: Random): JsonObject {
  return {
    keys: jwks.keys.map((jwk) => {
      const { d, p, q, dp, dq, qi, k, ...open } = jwk;
      const secret = JSON.stringify({ d, p, q, dp, dq, qi, k });
      return { ...open, encrypted: encryptDirect(secret, encryptionKey, random) };
    }),
  };
}

/** Reads the stored form. Throws an `Error` that names `keyStore.encJWK` when it does not open. */
export function decryptKeySet(document: JsonObject, encryptionKey: Buffer): JwkSet {
  const { keys } = asJwkSet(document, 'the stored key set');
  return {
    keys: keys.map((stored): Jwk => {
      const { encrypted, ...open }: Jwk & { readonly encrypted?: unknown } = stored;
      if (typeof encrypted !== 'string') return open;
      const secret = decryptDirect(encrypted, encryptionKey);
      if (secret === undefined) {
        throw new Error('the stored keys do not open with keyStore.encJWK: was it changed since they were stored?');
      }
      const members: unknown = JSON.parse(secret);
      return { ...open, ...(isJsonObject(members) ? members : {}) };
    }),
  };
}

function asJwkSet(value: unknown, where: string): JwkSet {
  if (!isJsonObject(value) || !Array.isArray(value['keys'])) throw new Error(`${where} is not a JWK set`);
  const keys: unknown[] = value['keys'];
  return { keys: keys.filter(isJwk) };
}

function isJwk(value: unknown): value is Jwk {
  return isJsonObject(value) && typeof value['kty'] === 'string';
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

function logKeys(keySet: KeySet, log: Log): void {
  for (const jwk of keySet.publicJwks.keys) {
    log.info('SE3000', 'Server key loaded', { kid: jwk.kid, kty: jwk.kty, crv: jwk.crv, use: jwk.use });
  }
}
