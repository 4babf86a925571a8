import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Clock } from '../../src/ports/clock.ts';
import { composeStorage } from '../../src/storage/compose.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import { accessToken, authorization, client, grant, pendingCode } from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { storeContract } from '../../src/testing/store-contract.ts';

storeContract('memory with memory', async () => {
  const clock = createFakeClock();
  const storage = composeStorage({ durable: openMemoryStorage({ clock }), shortLived: openMemoryStorage({ clock }) });
  return { storage, clock, dispose: () => storage.close() };
});

async function openMixed(clock: Clock) {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-composed-'));
  const durable = await openSqliteStorage({ file: join(directory, 'tessera.db'), clock });
  const shortLived = openMemoryStorage({ clock });
  const remove = () => rmSync(directory, { recursive: true, force: true });
  return { durable, shortLived, storage: composeStorage({ durable, shortLived }), remove };
}

storeContract('SQLite with memory', async () => {
  const clock = createFakeClock();
  const { storage, remove } = await openMixed(clock);
  return { storage, clock, dispose: () => storage.close().then(remove) };
});

test('durable things go to the one storage, short-lived ones to the other', async () => {
  const clock = createFakeClock();
  const { durable, shortLived, storage, remove } = await openMixed(clock);
  const stores = storage.tenant('t');
  await stores.clients.insert(client('c'));
  await stores.grants.add(grant(authorization('g')), 5);
  await stores.accessTokens.issue('k', accessToken(clock.now() + 60));
  await stores.codes.issue('k', pendingCode('alice'), clock.now() + 60, clock.now() + 60);
  const counts = async ({ clients, grants, accessTokens, codes }: typeof stores) =>
    Promise.all([clients.count(), grants.count(), accessTokens.count(), codes.count()]);
  expect(await counts(durable.tenant('t'))).toEqual([1, 1, 0, 0]);
  expect(await counts(shortLived.tenant('t'))).toEqual([0, 0, 1, 1]);
  expect(storage.description).toContain('SQLite');
  expect(storage.description).toContain('memory');
  expect(composeStorage({ durable, shortLived: durable })).toBe(durable);
  await storage.close();
  remove();
});

test('it answers only if both do, and both are closed', async () => {
  const clock = createFakeClock();
  const { durable, shortLived, storage, remove } = await openMixed(clock);
  await storage.check();
  const broken = {
    ...shortLived,
    check: () => Promise.reject(new Error('away')),
    close: () => Promise.reject(new Error('stuck')),
  };
  const composed = composeStorage({ durable, shortLived: broken });
  await expect(composed.check()).rejects.toThrow('away');
  await expect(composed.close()).rejects.toThrow('stuck');
  await expect(durable.check()).rejects.toThrow();
  remove();
});
