import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import type { Answer } from '../../src/testing/caller/answer.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({
    properties: {
      'op.grantHandler.clientCredentials.simpleHandler.accessToken.encoding': 'IDENTIFIER',
      'op.grantHandler.clientCredentials.simpleHandler.accessToken.audienceList': 'http://localhost/api',
    },
  });
});
afterAll(() => server.close());

interface Registered {
  readonly client_id: string;
  readonly client_secret: string;
}

function isRegistered(value: object): value is Registered {
  return 'client_id' in value && 'client_secret' in value;
}

async function register(metadata: object, at = server): Promise<Registered> {
  const client = (await at.call('POST', '/clients', metadata)).body;
  if (!isRegistered(client)) throw new Error(JSON.stringify(client));
  return client;
}

function post(path: string, client: Registered, form: Readonly<Record<string, string>>, at = server): Promise<Answer> {
  const credentials = Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64');
  return at.send(path, {
    method: 'POST',
    headers: { Authorization: `Basic ${credentials}` },
    body: new URLSearchParams(form),
  });
}

async function tokenOf(client: Registered, form: Readonly<Record<string, string>> = {}, at = server): Promise<string> {
  const response = await post('/token', client, { grant_type: 'client_credentials', ...form }, at);
  const json: unknown = response.json;
  const token = typeof json === 'object' && json !== null ? Reflect.get(json, 'access_token') : undefined;
  if (typeof token !== 'string') throw new Error(JSON.stringify(json));
  return token;
}

async function isActive(observer: Registered, token: string): Promise<unknown> {
  const json: unknown = (await post('/token/introspect', observer, { token })).json;
  return typeof json === 'object' && json !== null ? Reflect.get(json, 'active') : undefined;
}

const registerWith = (token: string, at = server) =>
  at.call('POST', '/clients', { redirect_uris: ['https://rp.example/cb'] }, { Authorization: `Bearer ${token}` });

test.each(['IDENTIFIER', 'SELF_CONTAINED'])('a portal gets one-time initial access tokens, %s', async (encoding) => {
  const issuing = await startTestServer({
    properties: {
      'op.reg.requireInitialAccessTokenAudience': 'false',
      'op.grantHandler.clientCredentials.simpleHandler.accessToken.encoding': encoding,
    },
  });
  try {
    const portal = await register({ grant_types: ['client_credentials'], scope: 'client-reg' }, issuing);
    const token = await tokenOf(portal, { scope: 'client-reg' }, issuing);
    expect((await registerWith(token, issuing)).status).toBe(201);
    const again = await registerWith(token, issuing);
    expect(again.status).toBe(401);
    expect(again.headers.get('www-authenticate')).toContain('error="invalid_token"');
  } finally {
    await issuing.close();
  }
});

test('a token for another audience, or without the scope, registers nobody', async () => {
  const portal = await register({ grant_types: ['client_credentials'], scope: 'client-reg read' });
  const elsewhere = await tokenOf(portal, { scope: 'client-reg' });
  expect((await registerWith(elsewhere)).status).toBe(401);
  const reader = await tokenOf(portal, { scope: 'read' });
  expect((await registerWith(reader)).status).toBe(403);
});

test('with a client all its tokens end, at once', async () => {
  const observer = await register({ grant_types: ['client_credentials'], scope: 'read' });
  const client = await register({ grant_types: ['client_credentials'], scope: 'read' });
  const token = await tokenOf(client, { scope: 'read' });
  expect(await isActive(observer, token)).toBe(true);
  const removal = await server.send(`/clients/${client.client_id}`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${demoApiToken}` },
  });
  expect(removal.status).toBe(204);
  expect(await isActive(observer, token)).toBe(false);
  const refused = await post('/token', client, { grant_type: 'client_credentials' });
  expect(refused.status).toBe(401);
  expect(refused.json).toMatchObject({ error: 'invalid_client' });
});

test('a client ID is free again once the revocation of its tokens cannot meet new ones', async () => {
  const metadata = { preferred_client_id: 'again', grant_types: ['client_credentials'], scope: 'read' };
  const observer = await register({ grant_types: ['client_credentials'], scope: 'read' });
  const old = await tokenOf(await register(metadata));
  expect((await server.call('DELETE', '/clients/again')).status).toBe(204);
  const early = await server.call('POST', '/clients', metadata);
  expect(early.status).toBe(400);
  const [, wait] = /try again in (\d+) s/.exec(early.text) ?? [];
  server.clock.advance(Number(wait));
  const fresh = await tokenOf(await register(metadata));
  expect([await isActive(observer, fresh), await isActive(observer, old)]).toEqual([true, false]);
});

test('a public client whose secret for ID tokens has expired is told so before its code is spent', async () => {
  const at = await startTestServer({ properties: { 'op.reg.clientSecretLifetime': '1000' } });
  try {
    const metadata = { token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'HS256' };
    const client = await register({ redirect_uris: ['https://rp.example/cb'], ...metadata }, at);
    const redeem = async () => {
      const form = { grant_type: 'authorization_code', code: 'x', client_id: client.client_id };
      const answer = await at.send('/token', { method: 'POST', body: new URLSearchParams(form) });
      const body: unknown = answer.json;
      return [answer.status, typeof body === 'object' && body !== null ? Reflect.get(body, 'error') : undefined];
    };
    expect(await redeem()).toEqual([400, 'invalid_grant']);
    at.clock.advance(1001);
    expect(await redeem()).toEqual([401, 'invalid_client']);
  } finally {
    await at.close();
  }
});

test('a replaced secret is accepted for 30 minutes', async () => {
  const client = await register({ grant_types: ['client_credentials'], scope: 'read' });
  const body = { client_id: client.client_id, grant_types: ['client_credentials'], scope: 'read' };
  const next = (await server.call('PUT', `/clients/${client.client_id}`, body)).body;
  if (!isRegistered(next)) throw new Error(JSON.stringify(next));
  expect(next.client_secret).not.toBe(client.client_secret);
  server.clock.advance(1799);
  await tokenOf(client);
  await tokenOf(next);
  server.clock.advance(1);
  await expect(tokenOf(client)).rejects.toThrow('invalid_client');
  await tokenOf(next);
});
