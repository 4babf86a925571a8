import { afterEach, expect, test } from 'vitest';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { verdict } from '../../src/testing/caller/answer.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { onEveryStore } from '../support/every-store.ts';

const metadata = { grant_types: ['client_credentials'], scope: 'read payments:admin' };
const kept = { 'op.reg.alwaysRefreshClientSecretOnUpdate': 'false', 'op.reg.refreshAccessTokenOnUpdate': 'false' };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Lets all others run between the reading of a client and what follows from it, which a store in memory would not. */
function withGap(storage: Storage): Storage {
  return {
    ...storage,
    tenant(tid) {
      const stores = storage.tenant(tid);
      const get: typeof stores.clients.get = async (clientId) => {
        const client = await stores.clients.get(clientId);
        await new Promise(setImmediate);
        return client;
      };
      return { ...stores, clients: { ...stores.clients, get } };
    },
  };
}

onEveryStore((open) => {
  async function start(properties: Readonly<Record<string, string>> = {}): Promise<TestServer> {
    const clock = createFakeClock();
    const storage = await open(clock);
    closing.push(() => storage.close());
    const server = await startTestServer({ clock, storage: withGap(storage), properties });
    closing.push(() => server.close());
    return server;
  }

  test('parallel updates by a client never undo its demotion', async () => {
    const server = await start(kept);
    for (let round = 0; round < 10; round++) {
      const client = await server.register(metadata);
      const path = `/clients/${client.id}`;
      const own = server.bearing(client.registrationToken);
      const body = { client_id: client.id, ...metadata };
      const [demotion, ...others] = await Promise.all([
        server.call('PUT', path, { ...body, scope: 'read' }),
        ...Array.from({ length: 6 }, (_, i) => own.call('PUT', path, { ...body, client_name: `Name ${i}` })),
      ]);
      // Whoever is refused came after it, and asked for more than was left.
      for (const answer of others) expect([200, 400]).toContain(answer.status);
      if (demotion.status !== 200) continue;
      expect((await server.call('GET', path)).body['scope']).toBe('read');
      const answer = await client.token({ grant_type: 'client_credentials', scope: 'payments:admin' });
      expect(verdict(answer)).toEqual([400, 'invalid_scope']);
    }
  });

  test('each secret that parallel updates answer with 200 works, as long as it is documented to', async () => {
    const server = await start();
    const client = await server.register(metadata);
    const put = () => server.call('PUT', `/clients/${client.id}`, { client_id: client.id, ...metadata });
    const answers = await Promise.all(Array.from({ length: 5 }, put));
    const won = answers.filter(({ status }) => status === 200).map(({ body }) => server.as(body));
    expect(won.length).toBeGreaterThan(0);
    expect(new Set(won.map(({ secret }) => secret)).size).toBe(won.length);
    server.clock.advance(1799);
    for (const each of [client, ...won])
      expect((await each.token({ grant_type: 'client_credentials' })).status).toBe(200);
    server.clock.advance(1);
    const verdicts = await Promise.all(
      [client, ...won].map((each) => each.token({ grant_type: 'client_credentials' })),
    );
    expect(verdicts.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('of parallel updates with one registration token one wins, and its answer is true', async () => {
    const server = await start();
    const client = await server.register(metadata);
    const own = server.bearing(client.registrationToken);
    const put = () => own.call('PUT', `/clients/${client.id}`, { client_id: client.id, ...metadata });
    const answers = await Promise.all(Array.from({ length: 5 }, put));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
    const won = server.as(answers.find(({ status }) => status === 200)?.body ?? {});
    expect((await won.token({ grant_type: 'client_credentials' })).status).toBe(200);
    const next = server.bearing(won.registrationToken);
    expect((await next.call('GET', `/clients/${client.id}`)).body['client_secret']).toBe(won.secret);
  });
});
