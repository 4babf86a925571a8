import { expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import type { Page } from '../../src/ports/stores/page.ts';
import { StorageAway } from '../../src/ports/stores/storage-away.ts';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { client, subjectSession } from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer } from '../../src/testing/test-server.ts';

const clock = createFakeClock();
/** As many as would fill the memory, were they read at once. */
const MANY = 3_000_000;

/** A storage with so many entries, which it makes up as they are read; `failsAt`: the page that fails. */
function long(many: number, failsAt = Number.POSITIVE_INFINITY) {
  const memory = openMemoryStorage({ clock });
  const pages = { read: 0 };
  const list =
    <T>(entry: (name: string) => T) =>
    async ({ after, limit }: Page): Promise<readonly T[]> => {
      if (++pages.read >= failsAt) throw new StorageAway('gone', 'lost');
      const from = after === undefined ? 0 : Number(after.slice(1));
      const size = Math.max(Math.min(limit, many - from), 0);
      return Array.from({ length: size }, (_, index) => entry(`k${String(from + index + 1).padStart(8, '0')}`));
    };
  const storage: Storage = {
    ...memory,
    tenant(tid) {
      const stores = memory.tenant(tid);
      const session = subjectSession('alice', clock.now());
      return {
        ...stores,
        clients: { ...stores.clients, list: list(client) },
        subjectSessions: {
          ...stores.subjectSessions,
          list: list((key) => ({ key, session })),
          subjects: list((name) => name),
        },
      };
    },
  };
  return { storage, pages };
}

const headers = { Authorization: `Bearer ${demoApiToken}` };
const lists = ['/clients', '/session-store/rest/v2/sessions', '/session-store/rest/v2/subjects'];

test.each(lists)('%s is complete, over many pages', async (path) => {
  const { storage } = long(2345);
  const server = await startTestServer({ storage, clock });
  const { status, json, headers: answered } = await server.call('GET', path);
  expect([status, answered.get('content-type')]).toEqual([200, 'application/json']);
  expect(Object.keys(Object(json))).toHaveLength(2345);
  await server.close();
});

test.each(lists)('%s is read as the caller takes it', async (path) => {
  const { storage, pages } = long(MANY);
  const server = await startTestServer({ storage, clock });
  const response = await fetch(server.issuer + path, { headers });
  const reader = response.body?.getReader();
  let taken = 0;
  while (taken < 3_000_000) taken += (await reader?.read())?.value?.byteLength ?? 0;
  // What waits in sockets is some megabytes, of hundreds.
  expect(pages.read).toBeLessThan(1000);
  await reader?.cancel();
  const before = pages.read;
  await expect.poll(() => pages.read - before).toBeLessThan(100);
  await server.close();
});

test.each(lists)('%s is refused where the storage is away, and breaks off where it goes away', async (path) => {
  const first = await startTestServer({ storage: long(5000, 1).storage, clock });
  expect((await first.call('GET', path)).status).toBe(503);
  await first.close();
  const later = await startTestServer({ storage: long(50_000, 40).storage, clock });
  const response = await fetch(later.issuer + path, { headers });
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
  await later.close();
});
