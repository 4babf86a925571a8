import { afterAll, beforeAll, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const encodings = ['SELF_CONTAINED', 'IDENTIFIER'];
const servers = new Map<string, TestServer>();
const clients = new Map<string, TestClient>();

beforeAll(async () => {
  for (const encoding of encodings) {
    const properties = { 'op.grantHandler.clientCredentials.simpleHandler.accessToken.encoding': encoding };
    const server = await startTestServer({ properties });
    servers.set(encoding, server);
    clients.set(encoding, await server.register(versatile));
  }
});
afterAll(async () => {
  for (const server of servers.values()) await server.close();
});

/** The server with tokens of this encoding, and a client of it. */
function of(encoding: string) {
  const [server, client] = [servers.get(encoding), clients.get(encoding)];
  if (!server || !client) throw new Error(`no server for ${encoding}`);
  return { server, client };
}

test.each(encodings)('a client has no UserInfo by what it got for itself, %s', async (encoding) => {
  const { server, client } = of(encoding);
  const { access } = await client.token({ grant_type: 'client_credentials', scope: 'openid read' });
  expect(access.startsWith('ey')).toBe(encoding === 'SELF_CONTAINED');
  for (const method of ['GET', 'POST']) {
    const answer = await server.send('/userinfo', { method, headers: { Authorization: `Bearer ${access}` } });
    expect(verdict(answer)).toEqual([403, 'insufficient_scope']);
    expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
  }
  // The token is good all the same.
  expect(await client.isActive(access)).toBe(true);
});

test.each(encodings)('a person of the name of a client has UserInfo, %s', async (encoding) => {
  const { server, client } = of(encoding);
  const { access } = await client.tokens({}, { sub: client.id, consent: { access_token: { encoding } } });
  expect((await server.userInfo(access)).body).toEqual({ sub: client.id });
});
