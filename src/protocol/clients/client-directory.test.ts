import { beforeEach, expect, test } from 'vitest';
import type { ClientStore } from '../../ports/stores/stores.ts';
import { openMemoryStorage } from '../../storage/memory/open-memory.ts';
import { createFakeClock, type FakeClock } from '../../testing/fake-clock.ts';
import { createClientCache, weightOf } from './client-cache.ts';
import { type ClientDirectory, createClientDirectory } from './client-directory.ts';
import { compileClient } from './compile-client.ts';

const client = (id: string, bytes: number) => ({
  client_id: id,
  client_id_issued_at: 0,
  client_secret_expires_at: 0,
  metadata: { data: { filling: 'a'.repeat(bytes) } },
});

let clock: FakeClock;
let reads: string[];
let store: ClientStore;

beforeEach(() => {
  clock = createFakeClock();
  reads = [];
  const { clients } = openMemoryStorage({ clock }).tenant('t');
  store = {
    ...clients,
    get(clientId) {
      reads.push(clientId);
      return clients.get(clientId);
    },
  };
});

const open = (cacheSize: number): ClientDirectory =>
  createClientDirectory({ store, clock, cacheLifetime: 2, cacheSize });

test('clients are kept by what they weigh, not by their number', async () => {
  const directory = open(1_000_000);
  for (let i = 0; i < 100; i++) await store.insert(client(`light${i}`, 100));
  for (let i = 0; i < 10; i++) await store.insert(client(`heavy${i}`, 100_000));
  for (let i = 0; i < 100; i++) await directory.get(`light${i}`);
  reads = [];
  for (let i = 0; i < 100; i++) await directory.get(`light${i}`);
  expect(reads).toEqual([]);
  for (let i = 0; i < 10; i++) await directory.get(`heavy${i}`);
  reads = [];
  await directory.get('light0');
  await directory.get('heavy9');
  expect(reads).toEqual(['light0']);
});

test('one that is heavier than the whole cache is read each time', async () => {
  const directory = open(10_000);
  await store.insert(client('heavy', 100_000));
  for (let i = 0; i < 3; i++) expect((await directory.get('heavy'))?.id).toBe('heavy');
  expect(reads).toHaveLength(3);
});

test('many small values weigh more than their text', () => {
  const flat = JSON.stringify({ data: 'a'.repeat(30_000) });
  const nested = JSON.stringify({ data: Array(10_000).fill({}) });
  expect(nested.length).toBeLessThan(flat.length + 100);
  expect(weightOf(nested)).toBeGreaterThan(5 * weightOf(flat));
});

test('what has ended goes when another comes, though there is room', () => {
  const cache = createClientCache(1_000_000);
  const cached = (id: string, until: number) => ({
    client: compileClient(client(id, 10)),
    until,
    weight: 100,
    revision: id,
    rereads: { second: 0, count: 0 },
  });
  for (let i = 0; i < 10; i++) cache.keep(cached(`old${i}`, 12), 10);
  cache.keep(cached('live', 13), 11);
  expect(cache.get('old0')).toBeDefined();
  cache.keep(cached('new', 14), 12);
  for (let i = 0; i < 10; i++) expect(cache.get(`old${i}`)).toBeUndefined();
  expect([cache.get('live'), cache.get('new')]).toEqual([expect.anything(), expect.anything()]);
});

test('a refused client is read again where it has changed, and only a few times in a second', async () => {
  const directory = open(1_000_000);
  await store.insert(client('c', 10));
  const known = await directory.get('c');
  if (!known) throw new Error('it is there');
  expect(await directory.reread(known)).toBeUndefined();
  await store.update('c', (stored) => ({ ...stored, client_secret: 'new' }));
  const changed = await directory.reread(known);
  expect(changed?.secret).toBe('new');
  reads = [];
  // Who was refused with the older one gets what is known by now.
  expect(await directory.reread(known)).toBe(changed);
  expect(reads).toEqual([]);
  const current = await directory.get('c');
  for (let i = 0; i < 20; i++) if (current) await directory.reread((await directory.get('c')) ?? current);
  expect(reads.length).toBeLessThanOrEqual(5);
});
