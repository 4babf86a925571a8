import { afterEach, describe, expect, test } from 'vitest';
import type { ClientStore } from '../../ports/stores/stores.ts';
import { openMemoryStorage } from '../../storage/memory/open-memory.ts';
import type { Answer } from '../../testing/caller/answer.ts';
import { createFakeClock } from '../../testing/fake-clock.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../../testing/test-server.ts';

const redirect_uris = ['https://client.example.org/cb'];

const running: TestServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer({ clock: createFakeClock(1_700_000_000), ...options });
  running.push(server);
  return server;
}

/** A server with one client: its registration response, and its resource with any token. */
interface Registered {
  readonly server: TestServer;
  readonly client: Readonly<Record<string, unknown>>;
  readonly id: string;
  readonly token: string;
  readonly clients: ClientStore;
  /** Calls the client's resource with this token; with that of the master for `'master'`. */
  at(method: string, token: string | undefined, json?: object): Promise<Answer>;
}

async function registered(properties: Readonly<Record<string, string>> = {}, members = {}): Promise<Registered> {
  return registeredAt(await start({ properties }), members);
}

async function registeredAt(server: TestServer, members = {}): Promise<Registered> {
  const { registration: client, id, registrationToken: token } = await server.register({ redirect_uris, ...members });
  const { clients } = server.provider.stores;
  return { server, client, id, token, clients, at: (...call) => resource(server, id, ...call) };
}

function resource(server: TestServer, id: string, method: string, token: string | undefined, json?: object) {
  const caller = token === 'master' ? server : server.bearing(token);
  return caller.call(method, `/clients/${encodeURIComponent(id)}`, json);
}

const keep = { 'op.reg.alwaysRefreshClientSecretOnUpdate': 'false', 'op.reg.refreshAccessTokenOnUpdate': 'false' };

function put({ at, id }: Registered, token: string, members = {}): Promise<Answer> {
  return at('PUT', token, { client_id: id, redirect_uris, ...members });
}

describe('access to a registration', () => {
  test.each(['GET', 'PUT', 'DELETE'] as const)('%s needs a token', async (method) => {
    const { at, id, clients } = await registered();
    const json = method === 'PUT' ? { client_id: id, redirect_uris } : undefined;
    const send = (token?: string) => at(method, token, json);
    const without = await send();
    expect(without.status).toBe(401);
    expect(without.headers.get('www-authenticate')).toBe('Bearer realm="OAuth"');
    const wrong = await send('guess');
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(await clients.get(id)).toBeDefined();
  });

  test('one client’s token does not open another', async () => {
    const { server, token } = await registered();
    const other = await registeredAt(server);
    expect((await other.at('GET', token)).status).toBe(401);
    expect((await other.at('DELETE', token)).status).toBe(401);
  });

  test('an unknown client is 404 for the master and 401 for everybody else', async () => {
    const { server, token } = await registered();
    for (const id of ['unknown', '\0', 'ü']) {
      expect((await resource(server, id, 'GET', 'master')).status).toBe(404);
      expect((await resource(server, id, 'GET', token)).status).toBe(401);
      expect((await resource(server, id, 'DELETE', 'master')).status).toBe(404);
    }
  });

  test('a client without registration token is open to the master alone', async () => {
    const { at, clients, id } = await registered();
    await clients.update(id, ({ registration_token_hash: _, ...bare }) => bare);
    expect((await at('GET', 'A'.repeat(43))).status).toBe(401);
    expect((await at('GET', 'master')).status).toBe(200);
  });
});

describe('reading', () => {
  test('answers what the registration answered', async () => {
    const { server, at, token, client } = await registered({}, { initiate_login_uri: 'https://c.example/start' });
    const { status, body } = await at('GET', token);
    expect(status).toBe(200);
    expect(body).toStrictEqual(client);
    const { meters } = (await server.call('GET', '/monitor/v1/metrics')).body;
    expect(meters).toMatchObject({ 'clientRegEndpoint.reads': { count: 1 } });
  });

  test('the master learns everything but the registration token, which is stored as a hash', async () => {
    const { at, client } = await registered();
    const { registration_access_token: _, ...rest } = client;
    expect((await at('GET', 'master')).body).toStrictEqual(rest);
  });
});

describe('updating', () => {
  test('replaces metadata and refreshes both credentials', async () => {
    const it = await registered({}, { client_name: 'Old', 'client_name#bg': 'Стар', contacts: ['a@example.org'] });
    const { status, body } = await put(it, it.token, {
      'client_name#de': 'Neu',
      client_secret: it.client['client_secret'],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ client_id: it.id, client_id_issued_at: 1_700_000_000, 'client_name#de': 'Neu' });
    for (const gone of ['client_name', 'client_name#bg', 'contacts']) expect(body).not.toHaveProperty(gone);
    expect(body['client_secret']).not.toBe(it.client['client_secret']);
    expect(body['registration_access_token']).not.toBe(it.token);
    expect((await it.clients.get(it.id))?.previous_secret).toStrictEqual({
      client_secret: it.client['client_secret'],
      until: 1_700_000_000 + 1800,
    });
    expect((await it.at('GET', it.token)).status).toBe(401);
    const next = String(body['registration_access_token']);
    expect((await it.at('GET', next)).status).toBe(200);
  });

  test('keeps both credentials if so configured', async () => {
    const it = await registered(keep);
    const { body } = await put(it, it.token);
    expect(body['client_secret']).toBe(it.client['client_secret']);
    expect(body['registration_access_token']).toBe(it.token);
    expect(await it.clients.get(it.id)).not.toHaveProperty('previous_secret');
  });

  test('refreshes the secret on demand', async () => {
    const it = await registered(keep);
    const { body } = await put(it, it.token, { refresh_client_secret: true });
    expect(body['client_secret']).not.toBe(it.client['client_secret']);
    expect(body).not.toHaveProperty('refresh_client_secret');
    expect((await put(it, it.token, { refresh_client_secret: 'yes' })).status).toBe(400);
  });

  test('the grace period does not outlast the life of the secret', async () => {
    const it = await registered({ 'op.reg.clientSecretLifetime': '3600' });
    it.server.clock.advance(3000);
    const { body } = await put(it, it.token);
    expect((await it.clients.get(it.id))?.previous_secret?.until).toBe(1_700_003_600);
    expect(body['client_secret_expires_at']).toBe(it.server.clock.now() + 3600);
    it.server.clock.advance(5000);
    await put(it, 'master');
    expect(await it.clients.get(it.id)).not.toHaveProperty('previous_secret');
  });

  test('a kept secret that is too short for a new HMAC algorithm is replaced', async () => {
    const it = await registered(keep);
    const { body } = await put(it, it.token, { id_token_signed_response_alg: 'HS512' });
    expect(body['client_secret']).toHaveLength(64);
  });

  test('a client that becomes public loses its secret, and gets one again', async () => {
    const it = await registered(keep);
    const open = await put(it, 'master', { token_endpoint_auth_method: 'none' });
    expect(open.body).not.toHaveProperty('client_secret');
    expect(await it.clients.get(it.id)).not.toHaveProperty('previous_secret');
    const confidential = await put(it, it.token, { token_endpoint_auth_method: 'client_secret_basic' });
    expect(confidential.body['client_secret']).toHaveLength(43);
  });

  test.each([
    ['without client_id', { client_id: null }, 'client_id'],
    ['of another client_id', { client_id: 'other' }, 'client_id'],
    ['with a wrong client_secret', { client_secret: 'guess' }, 'client_secret'],
    ['with a preferred_client_id', { preferred_client_id: 'other' }, 'preferred_client_id'],
    ['with a preferred_client_secret', { preferred_client_secret: 'password' }, 'preferred_client_secret'],
    ['with new data', { data: { admin: true } }, 'data'],
    ['with another grant', { grant_types: ['authorization_code', 'client_credentials'] }, 'grant_types'],
    ['with reserved scope', { scope: 'client-reg' }, 'scope'],
    ['without redirect_uris', { redirect_uris: null }, 'redirect_uris'],
  ])('%s is refused', async (_what, members, name) => {
    const it = await registered();
    const { status, body } = await put(it, it.token, members);
    expect(status).toBe(400);
    expect(body['error_description']).toMatch(new RegExp(`^${name}: `));
    expect((await it.clients.get(it.id))?.client_secret).toBe(it.client['client_secret']);
  });

  test('what the master has granted the client may keep but not extend', async () => {
    const granted = {
      data: { tier: 1, list: [{}] },
      scope: 'client-reg',
      grant_types: ['authorization_code', 'client_credentials'],
    };
    const it = await registered(keep, granted);
    expect((await put(it, it.token, granted)).body).toMatchObject(granted);
    expect((await put(it, it.token)).body).toMatchObject({ data: granted.data });
    expect((await put(it, it.token, { data: { tier: 1, list: [{ a: 1 }] } })).status).toBe(400);
    expect((await put(it, 'master')).body).not.toHaveProperty('data');
  });

  test('of updates at once with one registration token exactly one happens', async () => {
    const it = await registered();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => put(it, it.token, { client_name: `Name ${i}` })),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
    expect((await it.clients.get(it.id))?.metadata['client_name']).toBe(won[0]?.body['client_name']);
  });

  test('updates at once by the master follow each other', async () => {
    const it = await registered();
    const answers = await Promise.all([1, 2, 3, 4].map((i) => put(it, 'master', { client_name: `Name ${i}` })));
    expect(answers.map(({ status }) => status)).toStrictEqual([200, 200, 200, 200]);
  });

  test('a client that is removed meanwhile is 404', async () => {
    const clock = createFakeClock();
    const memory = openMemoryStorage({ clock });
    const tenant: typeof memory.tenant = (tid) => {
      const stores = memory.tenant(tid);
      const update: ClientStore['update'] = async (id, change) => {
        await stores.clients.remove(id);
        return stores.clients.update(id, change);
      };
      return { ...stores, clients: { ...stores.clients, update } };
    };
    const it = await registeredAt(await start({ clock, storage: { ...memory, tenant } }));
    expect((await put(it, it.token)).status).toBe(404);
  });

  test('takes effect in this process at once', async () => {
    const it = await registered();
    expect((await it.server.provider.clients.get(it.id))?.requireAuthTime).toBe(false);
    await put(it, it.token, { require_auth_time: true });
    expect((await it.server.provider.clients.get(it.id))?.requireAuthTime).toBe(true);
  });
});

describe('removing', () => {
  test.each(['client', 'master'])('the %s ends the client and all that it was granted', async (who) => {
    const it = await registered();
    const tokens = await it.server.as(it.client).tokens();
    const observer = await it.server.register({ grant_types: ['client_credentials'] });
    const { authorizations } = it.server.storage.tenant('default');
    expect([await observer.isActive(tokens.access), await authorizations.count()]).toEqual([true, 1]);
    const token = who === 'master' ? 'master' : it.token;
    const answer = await it.at('DELETE', token);
    expect(answer.status).toBe(204);
    expect(answer.body).toStrictEqual({});
    expect(await it.clients.get(it.id)).toBeUndefined();
    expect([await observer.isActive(tokens.access), await authorizations.count()]).toEqual([false, 0]);
    expect(await it.server.provider.clients.get(it.id)).toBeUndefined();
    expect((await it.at('GET', it.token)).status).toBe(401);
  });
});

describe('listing', () => {
  test('is empty at first, and for the master only', async () => {
    const server = await start();
    expect((await server.call('GET', '/clients')).json).toStrictEqual([]);
    const without = await server.bearing(undefined).call('GET', '/clients');
    expect(without.headers.get('www-authenticate')).toBe('Bearer realm="OAuth"');
    expect((await server.bearing('guess').call('GET', '/clients')).status).toBe(401);
  });

  test('answers all clients, or page by page', async () => {
    const server = await start();
    const ids: string[] = [];
    for (let i = 0; i < 1203; i++) ids.push((await server.register({ redirect_uris })).id);
    ids.sort();
    const listed = async (query: string) => {
      const { json } = await server.call('GET', `/clients?${query}`);
      return Object.values(Object(json)).map((each) => Reflect.get(Object(each), 'client_id'));
    };
    expect(await listed('')).toStrictEqual(ids);
    expect(await listed('limit=700')).toStrictEqual(ids.slice(0, 700));
    expect(await listed(`limit=5&after=${ids[700]}`)).toStrictEqual(ids.slice(701, 706));
    expect(await listed(`after=${ids[1200]}`)).toStrictEqual(ids.slice(1201));
  });

  test.each(['limit=0', 'limit=-1', 'limit=x', 'limit=10001', 'limit=1e3', 'after=%00'])(
    'refuses %s',
    async (query) => {
      const server = await start();
      expect(await server.call('GET', `/clients?${query}`)).toMatchObject({ status: 400 });
    },
  );
});
