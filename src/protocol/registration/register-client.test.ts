import { afterEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../crypto/digest.ts';
import { demoApiToken } from '../../demo.ts';
import type { AccessToken } from '../../domain/access-token.ts';
import { createLog } from '../../observability/log.ts';
import type { ClientStore } from '../../ports/stores/stores.ts';
import { openMemoryStorage } from '../../storage/memory/open-memory.ts';
import { createFakeClock } from '../../testing/fake-clock.ts';
import { initialAccessToken } from '../../testing/initial-token.ts';
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

/** Memory whose client store does something before each insertion. */
function storageThat(beforeInsertion: (clients: ClientStore) => Promise<void>) {
  const clock = createFakeClock(1_700_000_000);
  const memory = openMemoryStorage({ clock });
  const tenant: typeof memory.tenant = (tid) => {
    const stores = memory.tenant(tid);
    const insert: ClientStore['insert'] = async (client) => {
      await beforeInsertion(stores.clients);
      return stores.clients.insert(client);
    };
    return { ...stores, clients: { ...stores.clients, insert } };
  };
  return { clock, storage: { ...memory, tenant } };
}

const register = async (server: TestServer, json: object) => {
  const { status, body, text } = await server.call('POST', '/clients', json);
  if (status !== 201) throw new Error(text);
  return body;
};

async function meter(server: TestServer, name: string): Promise<unknown> {
  const { meters } = (await server.call('GET', '/monitor/v1/metrics')).body;
  return Object(Object(meters)[`clientRegEndpoint.${name}`]).count;
}

describe('a registration', () => {
  test('answers the stored metadata with defaults and fresh credentials', async () => {
    const server = await start();
    const { status, headers, body } = await server.call('POST', '/clients', {
      redirect_uris,
      grant_types: ['authorization_code', 'refresh_token'],
      token_exchange_enabled: true,
    });
    expect(status).toBe(201);
    expect([headers.get('content-type'), headers.get('cache-control')]).toEqual(['application/json', 'no-store']);
    expect(body).toStrictEqual({
      client_id: expect.stringMatching(/^[a-z2-7]{13}$/),
      client_id_issued_at: 1_700_000_000,
      client_secret: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      client_secret_expires_at: 0,
      registration_client_uri: `${server.issuer}/clients/${body['client_id']}`,
      registration_access_token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      redirect_uris,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      application_type: 'web',
      subject_type: 'public',
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'RS256',
      require_auth_time: false,
    });
    const stored = await server.storage.tenant('default').clients.get(String(body['client_id']));
    expect(stored?.registration_token_hash).toBe(sha256(String(body['registration_access_token'])));
    expect(JSON.stringify(stored)).not.toContain(body['registration_access_token']);
  });

  test('gives a public client no secret', async () => {
    const server = await start();
    const client = await register(server, { redirect_uris, token_endpoint_auth_method: 'none' });
    expect(client).not.toHaveProperty('client_secret');
    expect(client).not.toHaveProperty('client_secret_expires_at');
  });

  test.each([
    ['HS256', 43],
    ['HS384', 48],
    ['HS512', 64],
  ])('gives a client with %s ID tokens a secret of %i characters, even a public one', async (alg, length) => {
    const server = await start();
    const client = await register(server, {
      redirect_uris,
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: alg,
    });
    expect(client['client_secret']).toHaveLength(length);
    expect(client['client_secret_expires_at']).toBe(0);
  });

  test('ends the secret after op.reg.clientSecretLifetime', async () => {
    const server = await start({ properties: { 'op.reg.clientSecretLifetime': '3600' } });
    expect(await register(server, { redirect_uris })).toMatchObject({ client_secret_expires_at: 1_700_003_600 });
  });

  test('takes another client ID when the first is taken', async () => {
    let insertions = 0;
    const storage = storageThat(async () => void insertions++);
    const server = await start({ ...storage, properties: { 'op.reg.clientIDByteLength': '1' } });
    for (let i = 0; i < 60; i++) await register(server, { redirect_uris });
    expect(insertions).toBeGreaterThan(60);
  });

  test('says what to change when the ID space is full', async () => {
    const lines: string[] = [];
    const log = createLog({ level: 'ERROR', format: 'json', destination: { write: (line) => void lines.push(line) } });
    const { clock, storage } = storageThat(async () => undefined);
    const tenant: typeof storage.tenant = (tid) => {
      const stores = storage.tenant(tid);
      return { ...stores, clients: { ...stores.clients, insert: async () => false } };
    };
    const server = await start({ log, clock, storage: { ...storage, tenant } });
    expect((await server.call('POST', '/clients', { redirect_uris })).status).toBe(500);
    expect(lines.join()).toContain('op.reg.clientIDByteLength');
  });

  test.each([
    ['no JSON', '{', 'invalid_request'],
    ['an array', '[]', 'invalid_request'],
    ['deep nesting', `{"data":${'['.repeat(40)}${']'.repeat(40)}}`, 'invalid_request'],
    ['an oversized body', `{"client_name":"${'a'.repeat(250_000)}"}`, 'invalid_request'],
  ])('refuses %s', async (_what, raw, error) => {
    const server = await start();
    const headers = { Authorization: `Bearer ${demoApiToken}`, 'Content-Type': 'application/json' };
    const answer = await server.send('/clients', { method: 'POST', headers, body: raw });
    expect(answer).toMatchObject({ status: 400, body: { error } });
    expect(await meter(server, 'invalidRequests')).toBe(1);
  });

  test('refuses another content type', async () => {
    const server = await start();
    const headers = { 'Content-Type': 'text/plain' };
    expect((await server.call('POST', '/clients', { redirect_uris }, headers)).status).toBe(400);
  });
});

describe('a requested identity', () => {
  test('is given to the master', async () => {
    const server = await start();
    const client = await register(server, {
      redirect_uris,
      preferred_client_id: 'https://rp.example.org/',
      preferred_client_secret: 'a secret of 16 ch',
      data: { tier: 1 },
    });
    expect(client).toMatchObject({
      client_id: 'https://rp.example.org/',
      client_secret: 'a secret of 16 ch',
      registration_client_uri: `${server.issuer}/clients/https%3A%2F%2Frp.example.org%2F`,
      data: { tier: 1 },
    });
    expect(client).not.toHaveProperty('preferred_client_id');
  });

  test.each([
    ['an ID that is taken', { preferred_client_id: 'taken' }, 'preferred_client_id: is taken'],
    ['a long ID', { preferred_client_id: 'a'.repeat(81) }, 'preferred_client_id: expected'],
    ['an ID with a blank', { preferred_client_id: 'a b' }, 'preferred_client_id: expected'],
    ['an ID that is a dot segment', { preferred_client_id: '..' }, 'preferred_client_id: a dot segment'],
    ['an empty secret', { preferred_client_secret: '' }, 'preferred_client_secret: expected'],
    ['a secret of one character', { preferred_client_secret: 'a' }, 'preferred_client_secret: expected 16 to 255'],
    ['a secret of 15', { preferred_client_secret: 'a'.repeat(15) }, 'preferred_client_secret: expected 16 to 255'],
    ['a secret of 256', { preferred_client_secret: 'a'.repeat(256) }, 'preferred_client_secret: expected 16 to 255'],
    [
      'a secret too short for its HMAC',
      { preferred_client_secret: 'a'.repeat(31), id_token_signed_response_alg: 'HS256' },
      'preferred_client_secret: expected 32',
    ],
  ])('refuses %s', async (_what, members, text) => {
    const server = await start();
    await register(server, { redirect_uris, preferred_client_id: 'taken' });
    const { status, body } = await server.call('POST', '/clients', { redirect_uris, ...members });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: 'invalid_client_metadata' });
    expect(body['error_description']).toContain(text);
  });

  test('loses against a registration between look and insertion', async () => {
    const storage = storageThat(async (clients) => {
      const [first] = await clients.list({ limit: 1 });
      if (first) await clients.insert({ ...first, client_id: 'wanted' });
    });
    const server = await start(storage);
    await register(server, { redirect_uris });
    const answer = await server.call('POST', '/clients', { redirect_uris, preferred_client_id: 'wanted' });
    expect(answer.body['error_description']).toContain('is taken');
  });
});

describe('open registration', () => {
  const properties = { 'op.reg.allowOpenRegistration': 'true' };
  const openly = (server: TestServer, json: object) => server.bearing(undefined).call('POST', '/clients', json);

  test('is closed by default', async () => {
    const server = await start();
    expect(await openly(server, { redirect_uris })).toMatchObject({ status: 403, body: { error: 'access_denied' } });
    expect(await meter(server, 'unauthorizedRequests')).toBe(1);
  });

  test('registers harmless clients', async () => {
    const server = await start({ properties });
    expect(await openly(server, { redirect_uris })).toMatchObject({ status: 201 });
    expect(await meter(server, 'registrations')).toBe(1);
  });

  test.each([
    { grant_types: ['client_credentials'] },
    { preferred_client_id: 'admin' },
    { preferred_client_secret: 'password' },
    { data: {} },
    { scope: 'openid client-reg' },
    { scope: 'client-reg:set-id' },
  ])('refuses %j', async (members) => {
    const server = await start({ properties });
    const answer = await openly(server, { redirect_uris, ...members });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_client_metadata' } });
    expect(await server.storage.tenant('default').clients.count()).toBe(0);
  });

  test('does not make a wrong token harmless', async () => {
    const server = await start({ properties });
    const answer = await server.bearing('guess').call('POST', '/clients', { redirect_uris });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="OAuth", error="invalid_token", error_desc/);
    const basic = await server.call('POST', '/clients', { redirect_uris }, { Authorization: 'Basic YTpi' });
    expect([basic.status, basic.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="OAuth"']);
  });
});

describe('a one-time initial access token', () => {
  /** A server, and a caller with a token of it. */
  async function withToken(members: Partial<AccessToken> = {}, audience = '') {
    const server = await start();
    const token = await initialAccessToken(server.provider, {
      audience: [`${server.issuer}${audience}`],
      ...members,
    });
    const caller = server.bearing(token);
    return { server, caller, post: (json: object) => caller.call('POST', '/clients', json) };
  }

  test('registers one client', async () => {
    const { post } = await withToken();
    expect((await post({ redirect_uris })).status).toBe(201);
    expect((await post({ redirect_uris })).status).toBe(401);
  });

  test('registers one client, also when used many times at once', async () => {
    const { server, post } = await withToken();
    const calls = Array.from({ length: 50 }, () => post({ redirect_uris }));
    const statuses = (await Promise.all(calls)).map(({ status }) => status).sort();
    expect(statuses).toStrictEqual([201, ...Array(49).fill(401)]);
    expect(await server.storage.tenant('default').clients.count()).toBe(1);
  });

  test('survives bad metadata', async () => {
    const { post } = await withToken();
    expect((await post({})).status).toBe(400);
    expect((await post({ redirect_uris, preferred_client_id: 'x' })).status).toBe(400);
    expect((await post({ redirect_uris })).status).toBe(201);
  });

  test.each([
    ['without the scope', { scope: ['openid', 'client-reg:set-id'] }, 403, 'insufficient_scope'],
    ['for another audience', { audience: ['https://api.example.com'] }, 401, 'invalid_token'],
    ['bound to a certificate', { confirmation: { 'x5t#S256': 'x' } }, 401, 'invalid_token'],
    ['bound to a key', { confirmation: { jkt: 'x' } }, 401, 'invalid_token'],
  ])('is refused %s', async (_what, members, status, error) => {
    const { post } = await withToken(members);
    const answer = await post({ redirect_uris });
    expect(answer).toMatchObject({ status, body: { error } });
    expect(answer.headers.get('www-authenticate')).toContain(`error="${error}"`);
  });

  test('may name the registration endpoint, or need not name anything if so configured', async () => {
    const named = await withToken({}, '/clients');
    expect((await named.post({ redirect_uris })).status).toBe(201);
    const free = await start({ properties: { 'op.reg.requireInitialAccessTokenAudience': 'false' } });
    const portal = await free.register({ grant_types: ['client_credentials'], scope: 'client-reg' });
    const unnamed = await portal.token({ grant_type: 'client_credentials' });
    expect((await free.bearing(unnamed.access).call('POST', '/clients', { redirect_uris })).status).toBe(201);
  });

  test.each([
    ['client-reg:set-id', { redirect_uris, preferred_client_id: 'mine' }],
    ['client-reg:set-secret', { redirect_uris, preferred_client_secret: 'mine'.repeat(4) }],
    ['client-reg:set-data', { redirect_uris, data: { a: [1] } }],
    ['client-reg:client_credentials', { grant_types: ['client_credentials'] }],
  ])('needs %s for that', async (scope, json) => {
    const without = await withToken();
    expect((await without.post(json)).status).toBe(400);
    const { post } = await withToken({ scope: ['client-reg', scope] });
    expect((await post(json)).status).toBe(201);
  });

  test('does not open what is the master’s', async () => {
    const { server, caller } = await withToken({ scope: ['client-reg', 'client-reg:set-id'] });
    const { client_id } = await register(server, { redirect_uris });
    expect((await caller.call('GET', '/clients')).status).toBe(401);
    expect((await caller.call('GET', `/clients/${String(client_id)}`)).status).toBe(401);
  });
});
