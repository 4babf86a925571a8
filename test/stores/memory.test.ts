import { expect, test } from 'vitest';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { accessToken } from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { storeContract } from '../../src/testing/store-contract.ts';

storeContract('memory', async () => {
  const clock = createFakeClock();
  const storage = openMemoryStorage({ clock });
  return { storage, clock, dispose: () => storage.close() };
});

test('memory keeps to its capacity, the newest tokens survive', async () => {
  const clock = createFakeClock();
  const { accessTokens } = openMemoryStorage({ clock, capacity: 100 }).tenant('t');
  for (let index = 0; index < 1000; index++) {
    await accessTokens.issue(`k${index}`, accessToken(clock.now() + 600, { jti: `j${index}` }));
    expect(await accessTokens.find(`k${index}`)).toBeDefined();
  }
  expect(await accessTokens.count()).toBeLessThanOrEqual(100);
  expect(await accessTokens.count()).toBeGreaterThanOrEqual(50);
  expect((await accessTokens.find('k960'))?.token.jti).toBe('j960');
  expect(await accessTokens.find('k0')).toBeUndefined();
});

test('memory forgets consumed identifiers as they end, without a purge', async () => {
  const clock = createFakeClock();
  const { expended } = openMemoryStorage({ clock }).tenant('t');
  const storage = openMemoryStorage({ clock });
  const stores = storage.tenant('t');
  for (let index = 0; index < 2000; index++) {
    await stores.expended.consume('jti', `i${index}`, clock.now() + 10);
    clock.advance(1);
  }
  expect(await storage.purge()).toBeLessThan(100);
  expect(await expended.count()).toBe(0);
});
