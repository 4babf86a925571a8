import { afterEach, describe, expect, test } from 'vitest';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { verdict } from '../../src/testing/caller/answer.ts';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { extendServer } from '../support/extended-server.ts';

const metadata = { grant_types: ['client_credentials'], scope: 'read' };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(storage?: (clock: ReturnType<typeof createFakeClock>) => Storage): Promise<TestServer> {
  const clock = createFakeClock();
  const server = await startTestServer({ clock, ...(storage ? { storage: storage(clock) } : {}) });
  closing.push(() => server.close());
  return server;
}

/** Another process, so to speak: it has the same storage, and a cache of its own. */
async function second(server: TestServer) {
  const other = await extendServer(server, {});
  closing.push(() => other.close());
  return other.caller;
}

const put = (server: TestServer, { id }: TestClient, more: object = {}) =>
  server.call('PUT', `/clients/${id}`, { client_id: id, ...metadata, ...more });
const tokenStatus = async (client: TestClient) => (await client.token({ grant_type: 'client_credentials' })).status;

describe('a secret that was replaced', () => {
  test('is accepted for 30 minutes of its own, however often it is replaced again', async () => {
    const server = await start();
    const first = await server.register(metadata);
    const next = server.as((await put(server, first)).body);
    server.clock.advance(600);
    const last = server.as((await put(server, first)).body);
    for (const client of [first, next, last]) expect(await tokenStatus(client)).toBe(200);
    server.clock.advance(1200);
    expect(await Promise.all([first, next, last].map(tokenStatus))).toEqual([401, 200, 200]);
    server.clock.advance(600);
    expect(await Promise.all([first, next, last].map(tokenStatus))).toEqual([401, 401, 200]);
    await put(server, first);
    const stored = await server.provider.stores.clients.get(first.id);
    expect(stored?.previous_secret?.client_secret).toBe(last.secret);
    expect(stored).not.toHaveProperty('older_secrets');
  });

  test('is not pushed out by a flood of updates: they keep the secret, and one that insists is refused', async () => {
    const server = await start();
    const first = await server.register(metadata);
    const answers = [];
    for (let i = 0; i < 25; i++) answers.push(await put(server, first));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const secrets = new Set([first.secret, ...answers.map(({ body }) => String(body['client_secret']))]);
    expect(secrets.size).toBe(21);
    for (const secret of secrets) expect(await tokenStatus(first.with({ secret }))).toBe(200);
    const refused = await put(server, first, { refresh_client_secret: true });
    expect(verdict(refused)).toEqual([400, 'invalid_client_metadata']);
    expect(refused.body['error_description']).toMatch('try again in 1800 s');
    server.clock.advance(1800);
    expect((await put(server, first, { refresh_client_secret: true })).status).toBe(200);
  });

  test('is none where the same secret is set again', async () => {
    const server = await start();
    const first = await server.register(metadata);
    for (let i = 0; i < 30; i++) {
      const answer = await put(server, first, { preferred_client_secret: first.secret });
      expect([answer.status, answer.body['client_secret']]).toEqual([200, first.secret]);
    }
    const stored = await server.provider.stores.clients.get(first.id);
    expect(stored).not.toHaveProperty('previous_secret');
  });
});

describe('another process', () => {
  test('accepts a new secret from the moment of its answer, without waiting for its cache', async () => {
    const server = await start();
    const client = await server.register(metadata);
    const elsewhere = await second(server);
    expect(await tokenStatus(client.by(elsewhere))).toBe(200);
    for (let i = 0; i < 3; i++) {
      const next = server.as((await put(server, client)).body);
      expect(await tokenStatus(next.by(elsewhere))).toBe(200);
    }
  });

  test('accepts a new method and a new redirection URI as fast', async () => {
    const server = await start();
    const client = await server.register({ redirect_uris: ['https://rp.example/cb'] });
    const elsewhere = await second(server);
    await client.by(elsewhere).start();
    const changed = { redirect_uris: ['https://rp.example/new'], token_endpoint_auth_method: 'client_secret_post' };
    const answer = await server.call('PUT', `/clients/${client.id}`, { client_id: client.id, ...changed });
    const { code } = await server.as(answer.body).by(elsewhere).authorize();
    expect((await server.as(answer.body).by(elsewhere).redeem(code)).status).toBe(200);
  });

  test('accepts nothing of a client that was removed', async () => {
    const server = await start();
    const client = await server.register(metadata);
    const elsewhere = await second(server);
    expect(await tokenStatus(client.by(elsewhere))).toBe(200);
    await server.call('DELETE', `/clients/${client.id}`);
    expect(await tokenStatus(client.with({ secret: 'wrong' }).by(elsewhere))).toBe(401);
    expect(await tokenStatus(client.by(elsewhere))).toBe(401);
  });

  test('is not made to read the store by wrong secrets more than a few times in a second', async () => {
    let reads = 0;
    const server = await start((clock) => {
      const memory = openMemoryStorage({ clock });
      const tenant: typeof memory.tenant = (tid) => {
        const stores = memory.tenant(tid);
        const get: typeof stores.clients.get = (clientId) => {
          reads++;
          return stores.clients.get(clientId);
        };
        return { ...stores, clients: { ...stores.clients, get } };
      };
      return { ...memory, tenant };
    });
    const client = await server.register(metadata);
    expect(await tokenStatus(client)).toBe(200);
    reads = 0;
    for (let i = 0; i < 40; i++) expect(await tokenStatus(client.with({ secret: `guess ${i}` }))).toBe(401);
    expect(reads).toBeLessThanOrEqual(5);
    server.clock.advance(1);
    for (let i = 0; i < 40; i++) expect(await tokenStatus(client.with({ secret: `guess ${i}` }))).toBe(401);
    expect(reads).toBeLessThanOrEqual(10);
    expect(await tokenStatus(client)).toBe(200);
  });
});
