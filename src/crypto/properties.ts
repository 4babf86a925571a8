import { apiTokenHashes, boolean, integer, json, oneOf, type SettingsOf } from '../config/property.ts';

/** Properties of the server's keys and of signing. */
export const keyProperties = {
  encJwk: json(
    'keyStore.encJWK',
    'A 128-bit AES key as JWK (kty oct) under which private keys and the secrets of clients are stored. Required unless keyStore.staticJWKSet.op is set; make one with `tessera keys generate --enc`.',
    { secret: true },
  ),
  convertFirstRelease: boolean(
    'keyStore.convertFirstRelease',
    true,
    'Take keys that release 0.1.0 has stored, once, and store them anew, authenticated as a whole. Set it to false when that is done (SE9003): whoever writes to the database and has a copy from before cannot put it back at a restart then.',
  ),
  apiTokens: apiTokenHashes('keyStore.apiAccessTokenSHA256', 'the key store web API'),
  defaultRsaKeySize: oneOf(
    'keyStore.defaultRSAKeySize',
    ['2048', '3072', '4096'],
    '2048',
    'Bits of the RSA keys that the server generates.',
  ),
  staticJwkSet: json(
    'keyStore.staticJWKSet.op',
    'A complete JWK set with private keys. The key store is then not used.',
    { secret: true, aliases: ['jose.jwkSet'] },
  ),
  cacheLifetime: integer(
    'keyStore.jwkSetCacheLifetime',
    60,
    'For how long the keys are used before the key store is read again, in the background, whether or not it could be read; one second at least.',
    { unit: 'seconds', max: 600 },
  ),
  rotationMaxAge: integer(
    'keyStore.rotation.maxAge',
    0,
    'Age at which keys get successors by themselves, made by whichever process notices first; 0: only `tessera keys rotate` does it. Keys of keyStore.staticJWKSet.op are never rotated, nor is subject-encrypt.',
    { unit: 'days', min: 0, max: 36_500 },
  ),
  rotationPublishAhead: integer(
    'keyStore.rotation.publishAhead',
    3600,
    'For how long a new key is published before it is used, so that clients know it by then. Never less than twice keyStore.jwkSetCacheLifetime and 3 seconds; more for clients that keep /jwks.json for longer than it says, and for clocks that differ.',
    { unit: 'seconds', min: 0, max: 31_536_000 },
  ),
  rotationRetention: integer(
    'keyStore.rotation.retention',
    2_592_000,
    'For how long a superseded key stays published and valid. Never less than the configured lifetimes of access and ID tokens; a key stays for longer where the login page has ordered tokens that do. Raise it where clients send old ID tokens as hints. The keys of identifiers and refresh tokens stay until `tessera keys revoke`.',
    { unit: 'seconds', min: 0 },
  ),
  rsaSigning: oneOf(
    'crypto.rsaSigning',
    ['auto', 'pool', 'batch'],
    'auto',
    'Where RSA signatures are made: in the thread pool (for idle cores), in batches on the main thread (for one process per core), or chosen by the number of cores.',
  ),
} as const;

/** Values of the key properties. */
export type KeySettings = SettingsOf<typeof keyProperties>;
