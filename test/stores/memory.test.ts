import { expect, test } from 'vitest';
import { nothingFollows } from '../../src/ports/stores/subject-sessions.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { accessToken, subjectSession } from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { storeContract } from '../../src/testing/store-contract.ts';
import { memoryInUse } from '../support/memory-in-use.ts';

storeContract('memory', async () => {
  const clock = createFakeClock();
  const storage = openMemoryStorage({ clock });
  return { storage, clock, dispose: () => storage.close() };
});

test('memory keeps to its capacity, the newest tokens survive', async () => {
  const clock = createFakeClock();
  const { accessTokens } = openMemoryStorage({ clock, capacity: 100 }).tenant('t');
  for (let index = 0; index < 1000; index++) {
    await accessTokens.issue(`k${index}`, accessToken(clock.now() + 600, { id: `j${index}` }));
    expect(await accessTokens.find(`k${index}`)).toBeDefined();
  }
  expect(await accessTokens.count()).toBeLessThanOrEqual(100);
  expect(await accessTokens.count()).toBeGreaterThanOrEqual(50);
  expect((await accessTokens.find('k960'))?.token.id).toBe('j960');
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

test('purged sessions leave nothing behind, also of subjects that never return', async () => {
  const clock = createFakeClock();
  const storage = openMemoryStorage({ clock });
  const { subjectSessions } = storage.tenant('t');
  let next = 0;
  const visits = async (count: number) => {
    for (let visit = 0; visit < count; visit++, next++) {
      const session = subjectSession(`subject-${next}`, clock.now(), { max_life: 1 });
      await subjectSessions.create(`k${next}`, session, { limit: 5, onExhaustion: 'close-oldest' }, nothingFollows);
    }
    clock.advance(60);
    expect(await storage.purge()).toBe(count);
  };
  await visits(20_000);
  const before = memoryInUse();
  for (let round = 0; round < 5; round++) await visits(20_000);
  expect(memoryInUse() - before).toBeLessThan(4_000_000);
});
