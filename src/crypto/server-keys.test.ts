import { beforeAll, describe, expect, test } from 'vitest';
import type { Jwk } from '../domain/jwk.ts';
import { type Log, silentLog } from '../ports/log.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { defaultsOf } from '../testing/fake-provider.ts';
import { generateKeySet } from './generate-keys.ts';
import { createKeyDocuments } from './key-document.ts';
import { staticKeySet } from './key-settings.ts';
import { keyProperties } from './properties.ts';
import { createRandom } from './random.ts';
import { openServerKeys } from './server-keys.ts';

let keys: readonly Jwk[];
beforeAll(async () => {
  ({ keys } = await generateKeySet({ rsa: 2048 }));
});

const secret = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64url');

describe('a static key set', () => {
  test('with all that is generated is complete', () => {
    expect(staticKeySet({ keys }).algs).toContain('RS256');
  });

  test.each<[string, (jwk: Jwk) => boolean]>([
    ['the symmetric key hmac', (jwk) => jwk.kid === 'hmac'],
    ['the symmetric key refresh-token-encrypt', (jwk) => jwk.kid === 'refresh-token-encrypt'],
    ['an RSA key for signatures', (jwk) => jwk.kty === 'RSA' && jwk.use === 'sig'],
  ])('is refused without %s', (what, isMissing) => {
    expect(() => staticKeySet({ keys: keys.filter((jwk) => !isMissing(jwk)) })).toThrow(`lacks ${what}`);
  });

  test.each([
    ['hmac', 31],
    ['refresh-token-encrypt', 31],
    ['refresh-token-encrypt', 64],
  ])('is refused with the key %s of %d bytes', (kid, bytes) => {
    const changed = keys.map((jwk) => (jwk.kid === kid ? { ...jwk, k: secret(bytes) } : jwk));
    expect(() => staticKeySet({ keys: changed })).toThrow(new RegExp(`${kid} must have (at least )?256 bits`));
  });
});

describe('keys from a store', () => {
  const encryptionKey = Buffer.alloc(16, 3);

  /** Keys over a store that is up or away, with what the store and the log see. */
  async function open(cacheLifetime: number) {
    const clock = createFakeClock();
    const seen = { reads: 0, errors: 0, away: false };
    const managed = keys.map((jwk) => ({ jwk, created: 0, usedFrom: 0, removedFrom: undefined }));
    const document = createKeyDocuments(encryptionKey, 'default', createRandom()).write(new Map([['op', managed]]), 1);
    const log: Log = {
      ...silentLog,
      error: (id) => {
        expect(id).toBe('SE9001');
        seen.errors++;
      },
    };
    const serverKeys = await openServerKeys({
      settings: {
        ...defaultsOf(keyProperties),
        cacheLifetime,
        encJwk: { kty: 'oct', k: encryptionKey.toString('base64url') },
      },
      store: {
        async load() {
          seen.reads++;
          if (seen.away) throw new Error('the database is down');
          return { version: 1, document };
        },
        save: async () => false,
      },
      tid: 'default',
      longestTokenLifetime: 600,
      clock,
      random: createRandom(),
      log,
    });
    return { clock, seen, serverKeys };
  }

  /** A second of many requests, each of which asks after the outcome of the one before. */
  async function requests(serverKeys: { current(): unknown }) {
    for (let count = 0; count < 50; count++) {
      expect(serverKeys.current()).toBeDefined();
      await new Promise(setImmediate);
    }
  }

  test.each([
    { cacheLifetime: 60, seconds: 180, attempts: 3 },
    { cacheLifetime: 0, seconds: 5, attempts: 5 },
    { cacheLifetime: -1, seconds: 5, attempts: 5 },
  ])('that is away is asked, and each failure logged, once per lifetime of $cacheLifetime s', async (given) => {
    const { clock, seen, serverKeys } = await open(given.cacheLifetime);
    const keySet = serverKeys.current();
    seen.away = true;
    for (let second = 0; second < given.seconds; second++) {
      clock.advance(1);
      await requests(serverKeys);
    }
    expect(seen).toMatchObject({ reads: 1 + given.attempts, errors: given.attempts });
    seen.away = false;
    clock.advance(Math.max(given.cacheLifetime, 1));
    await requests(serverKeys);
    expect(seen).toMatchObject({ reads: 2 + given.attempts, errors: given.attempts });
    expect(serverKeys.current()).toBe(keySet);
  });
});
