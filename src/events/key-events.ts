import { error, info, warn } from './event.ts';

/** The server's keys. */
export const keyEvents = {
  loaded: info(
    'SE3000',
    'Server key loaded',
    { kid: 'text?', kty: 'text', crv: 'text?', use: 'text?' },
    { meaning: 'At the start, and when a new key is used' },
  ),
  generated: info(
    'SE9000',
    'Generated a new key set',
    { context: 'text', keys: 'number?' },
    { meaning: 'The first start on an empty database' },
  ),
  storeUnusable: error(
    'SE9001',
    'The key store could not be used; the keys in memory stay in use',
    {},
    { meaning: 'The next attempt follows after `keyStore.jwkSetCacheLifetime`' },
  ),
  storedRefused: error(
    'SE9002',
    'The stored keys were refused; the keys in memory stay in use',
    { reason: 'text' },
    { meaning: 'Something other than the server has changed them' },
  ),
  authenticated: warn(
    'SE9003',
    'The stored keys of release 0.1.0 were taken, and are authenticated as a whole from now on',
    { kids: 'texts' },
    {
      meaning:
        'The first start on a database of that release; set `keyStore.convertFirstRelease=false` then. At any later start: somebody has put an old copy into `jwks`',
    },
  ),
  succeeded: info(
    'SE9004',
    'Keys get successors',
    { context: 'text', kids: 'texts', usedFrom: 'number' },
    { meaning: 'They have reached `keyStore.rotation.maxAge`; the new ones are used from `usedFrom` on' },
  ),
  removed: info(
    'SE9005',
    'Superseded keys were removed',
    { context: 'text', kids: 'texts' },
    { meaning: 'After `keyStore.rotation.retention`' },
  ),
} as const;
