import { afterAll, beforeAll, expect, test } from 'vitest';
import { textIn, verdict } from '../../src/testing/caller/answer.ts';
import type { Form, TestClient } from '../../src/testing/caller/client.ts';
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

async function tokenOf(client: TestClient, form: Form = {}): Promise<string> {
  return textIn(await client.token({ grant_type: 'client_credentials', ...form }), 'access_token');
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
    const portal = await issuing.register({ grant_types: ['client_credentials'], scope: 'client-reg' });
    const token = await tokenOf(portal, { scope: 'client-reg' });
    expect((await registerWith(token, issuing)).status).toBe(201);
    const again = await registerWith(token, issuing);
    expect(again.status).toBe(401);
    expect(again.headers.get('www-authenticate')).toContain('error="invalid_token"');
  } finally {
    await issuing.close();
  }
});

test('a token for another audience, or without the scope, registers nobody', async () => {
  const portal = await server.register({ grant_types: ['client_credentials'], scope: 'client-reg read' });
  const elsewhere = await tokenOf(portal, { scope: 'client-reg' });
  expect((await registerWith(elsewhere)).status).toBe(401);
  const reader = await tokenOf(portal, { scope: 'read' });
  expect((await registerWith(reader)).status).toBe(403);
});

test('with a client all its tokens end, at once', async () => {
  const observer = await server.register({ grant_types: ['client_credentials'], scope: 'read' });
  const client = await server.register({ grant_types: ['client_credentials'], scope: 'read' });
  const token = await tokenOf(client, { scope: 'read' });
  expect(await observer.isActive(token)).toBe(true);
  const removal = await server.call('DELETE', `/clients/${client.id}`);
  expect(removal.status).toBe(204);
  expect(await observer.isActive(token)).toBe(false);
  const refused = await client.token({ grant_type: 'client_credentials' });
  expect(refused.status).toBe(401);
  expect(refused.json).toMatchObject({ error: 'invalid_client' });
});

test('a client ID is free again once the revocation of its tokens cannot meet new ones', async () => {
  const metadata = { preferred_client_id: 'again', grant_types: ['client_credentials'], scope: 'read' };
  const observer = await server.register({ grant_types: ['client_credentials'], scope: 'read' });
  const old = await tokenOf(await server.register(metadata));
  expect((await server.call('DELETE', '/clients/again')).status).toBe(204);
  const early = await server.call('POST', '/clients', metadata);
  expect(early.status).toBe(400);
  const [, wait] = /try again in (\d+) s/.exec(early.text) ?? [];
  server.clock.advance(Number(wait));
  const fresh = await tokenOf(await server.register(metadata));
  expect([await observer.isActive(fresh), await observer.isActive(old)]).toEqual([true, false]);
});

test('a public client whose secret for ID tokens has expired is told so before its code is spent', async () => {
  const at = await startTestServer({ properties: { 'op.reg.clientSecretLifetime': '1000' } });
  try {
    const metadata = { token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'HS256' };
    const client = await at.register({ redirect_uris: ['https://rp.example/cb'], ...metadata });
    const redeem = () => client.redeem('x');
    expect(verdict(await redeem())).toEqual([400, 'invalid_grant']);
    at.clock.advance(1001);
    expect(verdict(await redeem())).toEqual([401, 'invalid_client']);
  } finally {
    await at.close();
  }
});

test('a replaced secret is accepted for 30 minutes', async () => {
  const client = await server.register({ grant_types: ['client_credentials'], scope: 'read' });
  const body = { client_id: client.id, grant_types: ['client_credentials'], scope: 'read' };
  const next = server.as((await server.call('PUT', `/clients/${client.id}`, body)).body);
  expect(next.secret).not.toBe(client.secret);
  server.clock.advance(1799);
  await tokenOf(client);
  await tokenOf(next);
  server.clock.advance(1);
  await expect(tokenOf(client)).rejects.toThrow('invalid_client');
  await tokenOf(next);
});
