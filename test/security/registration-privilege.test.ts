import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { cpuMilliseconds } from '../support/cpu-time.ts';

let server: TestServer;
let portal: TestClient;

beforeAll(async () => {
  server = await startTestServer({ properties: { 'op.reg.allowOpenRegistration': 'true' } });
  portal = await server.register({ ...versatile, scope: 'openid client-reg client-reg:set-id' });
});
afterAll(() => server.close());

const redirect_uris = ['https://rp.example/cb'];

async function register(metadata: unknown, token?: string) {
  const headers = {
    'Content-Type': 'application/json',
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  };
  return server.send('/clients', { method: 'POST', headers, body: JSON.stringify(metadata) });
}

/** A one-time initial access token out of a code flow. */
async function initialToken(encoding: string, scope = 'openid client-reg'): Promise<string> {
  const consent = { scope: scope.split(' '), access_token: { encoding }, audience: [server.issuer], long_lived: false };
  const { code } = await portal.authorize({ scope, prompt: 'consent' }, { consent });
  return (await portal.redeem(code)).access;
}

describe.each(['SELF_CONTAINED', 'IDENTIFIER'])('a %s one-time token', (encoding) => {
  test('is not expended by bad metadata, and is by the first good one, of many at once', async () => {
    const token = await initialToken(encoding);
    for (const bad of [{}, [], { redirect_uris: ['javascript:x'] }, { redirect_uris, grant_types: ['x'] }]) {
      expect((await register(bad, token)).status).toBe(400);
    }
    const answers = await Promise.all(Array.from({ length: 20 }, () => register({ redirect_uris }, token)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 201) expect(verdict(answer)).toEqual([401, 'invalid_token']);
    expect(verdict(await register({ redirect_uris }, token))).toEqual([401, 'invalid_token']);
  });

  test('is no master token: it reads and lists nothing', async () => {
    const token = await initialToken(encoding);
    for (const path of ['/clients', `/clients/${portal.id}`]) {
      const headers = { Authorization: `Bearer ${token}` };
      expect((await server.send(path, { headers })).status).toBe(401);
    }
  });

  test('is void once its client is gone', async () => {
    const gone = await server.register({ ...versatile, scope: 'openid client-reg' });
    const consent = { scope: ['openid', 'client-reg'], access_token: { encoding }, audience: [server.issuer] };
    const { code } = await gone.authorize({ scope: 'openid client-reg' }, { consent });
    const token = (await gone.redeem(code)).access;
    expect((await server.call('DELETE', `/clients/${gone.id}`)).status).toBe(204);
    expect(verdict(await register({ redirect_uris }, token))).toEqual([401, 'invalid_token']);
  });
});

describe('open registration', () => {
  test.each<[string, Record<string, unknown>]>([
    ['its own ID', { preferred_client_id: 'admin' }],
    ['its own secret', { preferred_client_secret: 'x'.repeat(40) }],
    ['data', { data: { trusted: true } }],
    ['client credentials', { grant_types: ['client_credentials'], response_types: [] }],
    ['the scope of registration', { scope: 'openid client-reg' }],
    ['a scope below it', { scope: 'client-reg:set-id' }],
    ['the scope of introspection', { scope: 'openid urn:c2id:introspection_endpoint' }],
  ])('does not give %s', async (_what, metadata) => {
    const answer = await register({ redirect_uris, ...metadata });
    expect(verdict(answer)).toEqual([400, 'invalid_client_metadata']);
  });

  test('does not take what only the server says', async () => {
    const said = {
      client_id: 'admin',
      client_secret: 'x'.repeat(43),
      client_id_issued_at: 1,
      client_secret_expires_at: 9_999_999_999,
      registration_access_token: 'x'.repeat(43),
      registration_client_uri: 'https://evil.example/',
    };
    const answer = await register({ redirect_uris, ...said });
    expect(answer.status).toBe(201);
    for (const [name, value] of Object.entries(said)) expect(answer.body[name]).not.toBe(value);
  });

  test('of polluting metadata pollutes nothing', async () => {
    for (const text of [
      '{"redirect_uris":["https://rp.example/cb"],"__proto__":{"scope":"client-reg","polluted":true}}',
      '{"redirect_uris":["https://rp.example/cb"],"constructor":{"prototype":{"polluted":true}}}',
      '{"redirect_uris":["https://rp.example/cb"],"client_name#__proto__":"x"}',
    ]) {
      const headers = { 'Content-Type': 'application/json' };
      const answer = await server.send('/clients', { method: 'POST', headers, body: text });
      expect([201, 400]).toContain(answer.status);
      expect(answer.text).not.toMatch(/polluted|client-reg/);
    }
    expect(Object.prototype).not.toHaveProperty('polluted');
    expect(Object.prototype).not.toHaveProperty('scope');
  });

  test('of huge metadata is refused before it costs anything', async () => {
    for (const metadata of [
      { redirect_uris: Array.from({ length: 101 }, (_, i) => `https://rp.example/${i}`) },
      { redirect_uris: [`https://rp.example/${'a'.repeat(3000)}`] },
      { redirect_uris, client_name: 'a'.repeat(3000) },
      { redirect_uris, contacts: Array.from({ length: 101 }, () => 'a') },
      { redirect_uris, scope: Array.from({ length: 201 }, (_, i) => `s${i}`).join(' ') },
      { redirect_uris, client_name: 'a'.repeat(260_000) },
      { redirect_uris, jwks: { keys: Array.from({ length: 51 }, () => ({ kty: 'x' })) } },
    ]) {
      const spent = await cpuMilliseconds(async () => expect((await register(metadata)).status).toBe(400));
      expect(spent).toBeLessThan(500);
    }
  });
});

test('a client does not raise itself by an update', async () => {
  const { body: json } = await register({ redirect_uris });
  const path = `/clients/${String(json['client_id'])}`;
  const headers = {
    Authorization: `Bearer ${String(json['registration_access_token'])}`,
    'Content-Type': 'application/json',
  };
  for (const change of [
    { grant_types: ['authorization_code', 'client_credentials'] },
    { scope: 'client-reg' },
    { scope: 'urn:c2id:introspection_endpoint' },
    { scope: `openid ${server.issuer}/token/introspect` },
    { data: { trusted: true } },
    { preferred_client_secret: 'x'.repeat(40) },
    { preferred_client_id: 'admin' },
    { client_id: 'admin' },
    { client_secret: 'guessed' },
  ]) {
    const body = JSON.stringify({ client_id: json['client_id'], redirect_uris, ...change });
    const answer = await server.send(path, { method: 'PUT', headers, body });
    expect(verdict(answer)).toEqual([400, 'invalid_client_metadata']);
  }
});

describe('a registration access token of a client that the master has registered', () => {
  const granted = {
    redirect_uris,
    scope: 'read write',
    grant_types: ['authorization_code', 'client_credentials'],
    resources: ['https://api.example/a', 'https://api.example/b'],
    data: { tier: 1 },
  };

  async function updated(change: object, members: object = granted) {
    const { body: client } = await server.call('POST', '/clients', members);
    const id = String(client['client_id']);
    const own = server.bearing(String(client['registration_access_token']));
    const answer = await own.call('PUT', `/clients/${id}`, { client_id: id, redirect_uris, ...change });
    return { answer, stored: (await server.storage.tenant('default').clients.get(id))?.metadata };
  }

  test.each<[string, Record<string, unknown>]>([
    ['scope', { scope: 'read write payments:admin' }],
    ['scope', { scope: 'payments:admin' }],
    ['grant_types', { grant_types: ['authorization_code', 'client_credentials', 'refresh_token'] }],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] }],
    ['resources', { resources: ['https://api.example/a', 'https://api.example/admin'] }],
    ['data', { data: { tier: 2 } }],
  ])('does not widen its %s: %j', async (name, change) => {
    const { answer, stored } = await updated(change);
    expect(verdict(answer)).toEqual([400, 'invalid_client_metadata']);
    expect(answer.body['error_description']).toMatch(`${name}: may be kept or narrowed`);
    expect(stored).toMatchObject(granted);
  });

  test.each<[string, Record<string, unknown>]>([
    ['scope', { scope: 'read' }],
    ['resources', { resources: ['https://api.example/a'] }],
    ['grant_types', { grant_types: ['authorization_code'], response_types: ['code'] }],
  ])('gets nothing where nothing was given: %s', async (name, change) => {
    const { answer } = await updated(change, { grant_types: ['client_credentials'] });
    expect(answer.body['error_description']).toMatch(`${name}: may be kept or narrowed`);
  });

  test('keeps what it leaves out, and gives up what it wants', async () => {
    expect((await updated({ client_name: 'Renamed' })).stored).toMatchObject({ ...granted, client_name: 'Renamed' });
    const less = {
      scope: 'write',
      grant_types: ['authorization_code'],
      resources: [],
      token_endpoint_auth_method: 'client_secret_post',
    };
    expect((await updated(less)).stored).toMatchObject(less);
  });
});

test('a user gives nobody the power to look into the tokens of others', async () => {
  const spy = server.as((await register({ redirect_uris })).body);
  const scope = `openid urn:c2id:introspection_endpoint ${server.issuer}/token/introspect client-reg`;
  const { code } = await spy.authorize({ scope }, { sub: 'alice' });
  const answer = await spy.redeem(code);
  expect([answer.status, answer.body['scope']]).toEqual([200, 'openid']);
  const { access } = answer;
  const headers = { Authorization: `Bearer ${access}` };
  const looked = await server.post('/token/introspect', { token: access }, headers);
  expect(verdict(looked)).toEqual([403, 'insufficient_scope']);
});
