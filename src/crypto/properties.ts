import { apiTokenHashes, integer, json, oneOf, type SettingsOf } from '../config/property.ts';

/** Properties of the server's keys and of signing. */
export const keyProperties = {
  encJwk: json(
    'keyStore.encJWK',
    'A 128-bit AES key as JWK (kty oct) under which private keys are stored. Required unless keyStore.staticJWKSet.op is set; make one with `tessera keys generate --enc`.',
    { secret: true },
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
  rsaSigning: oneOf(
    'crypto.rsaSigning',
    ['auto', 'pool', 'batch'],
    'auto',
    'Where RSA signatures are made: in the thread pool (for idle cores), in batches on the main thread (for one process per core), or chosen by the number of cores.',
  ),
} as const;

/** Values of the key properties. */
export type KeySettings = SettingsOf<typeof keyProperties>;
