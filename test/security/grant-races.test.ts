import { afterEach, expect, test } from 'vitest';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { verdict } from '../../src/testing/caller/answer.ts';
import { versatile } from '../../src/testing/caller/client.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer | undefined;
afterEach(() => server?.close());

/** A server whose next change of a remembered authorisation, once it has been read, is kept waiting for another action. */
async function startMeddledServer() {
  const clock = createFakeClock();
  const memory = openMemoryStorage({ clock });
  let meddle: (() => Promise<unknown>) | undefined;
  const interfere = async () => {
    const action = meddle;
    meddle = undefined;
    await action?.();
  };
  const storage: Storage = {
    ...memory,
    tenant(tid) {
      const stores = memory.tenant(tid);
      const { get, update } = stores.authorizations;
      const authorizations: typeof stores.authorizations = {
        ...stores.authorizations,
        async get(key) {
          const record = await get(key);
          await interfere();
          return record;
        },
        async update(key, change) {
          await interfere();
          return update(key, change);
        },
      };
      return { ...stores, authorizations };
    },
  };
  const at = await startTestServer({ clock, storage });
  server = at;
  return {
    at,
    client: await at.register(versatile),
    /** What happens in between. */
    between(action: () => Promise<unknown>) {
      meddle = action;
    },
  };
}

test('a consent that is given while a token is refreshed stays', async () => {
  const { client, between } = await startMeddledServer();
  const consent = { scope: ['openid'], refresh_token: { issue: true, max_idle: 10_000 } };
  const first = await client.tokens({}, { sub: 'alice', consent });
  between(() => client.tokens({}, { sub: 'alice', consent: { ...consent, scope: ['openid', 'read'] } }));
  expect((await client.refresh(first.refresh)).status).toBe(200);
  expect((await client.refresh(first.refresh)).body['scope']).toBe('openid read');
});

test('a login while a code is replayed does not come to rest on the grant that has ended', async () => {
  const { client, between } = await startMeddledServer();
  const consent = { refresh_token: { issue: true, rotate: true } };
  const again = () => client.tokens({}, { sub: 'alice', consent });
  const { code } = await client.authorize({}, { sub: 'alice', consent });
  const stolen = await client.redeem(code);
  between(again);
  expect(verdict(await client.redeem(code))).toEqual([400, 'invalid_grant']);
  expect(await client.isActive(stolen.access)).toBe(false);
  const later = await again();
  expect(await client.isActive(later.access)).toBe(true);
  expect(await client.isActive((await client.refresh(later.refresh)).access)).toBe(true);
});
