import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/**
 * RFC 9700, section 4.9: a resource server is a counterfeit, or was broken into, and has the access tokens that were meant for it. What
 * it has must be good for that resource alone, for a short time, and for nothing here. (Tokens that are bound to a key of the
 * sender: `test/security/bound-tokens.test.ts`.)
 */

const api = 'https://api.example/';
const other = 'https://other.example/';

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register({ ...versatile, resources: [api, other] });
});
afterAll(() => server.close());

describe.each(['SELF_CONTAINED', 'IDENTIFIER'])('a leaked %s access token', (encoding) => {
  const leak = async () => {
    const consent = { access_token: { encoding }, audience: [api], scope: ['openid', 'email', 'read'] };
    const { code } = await client.authorize({ prompt: 'consent' }, { consent });
    return client.redeem(code);
  };

  test('for one resource opens no other, UserInfo among them', async () => {
    const { access } = await leak();
    expect((await client.introspect(access)).body).toMatchObject({ active: true });
    expect(verdict(await server.userInfo(access))).toEqual([401, 'invalid_token']);
  });

  test('opens none of the doors of the server', async () => {
    const { access } = await leak();
    const bearer = server.bearing(access);
    for (const [method, path] of [
      ['GET', '/clients'],
      ['GET', `/clients/${client.id}`],
      ['DELETE', `/clients/${client.id}`],
      ['GET', '/session-store/rest/v2/sessions'],
      ['GET', '/session-store/rest/v2/subjects'],
      ['POST', '/authz-sessions/rest/v3'],
      ['GET', '/monitor/v1/metrics'],
    ] as const) {
      const answer = await bearer.call(method, path, method === 'POST' ? { query: '' } : undefined);
      expect([path, answer.status]).toEqual([path, 401]);
    }
    const introspection = await server.post(
      '/token/introspect',
      { token: access },
      { Authorization: `Bearer ${access}` },
    );
    expect(verdict(introspection)).toEqual([403, 'insufficient_scope']);
    expect((await server.call('GET', `/clients/${client.id}`)).status).toBe(200);
  });

  test('is not traded for anything', async () => {
    const { access } = await leak();
    expect(verdict(await client.refresh(access))).toEqual([400, 'invalid_grant']);
    expect(verdict(await client.redeem(access))).toEqual([400, 'invalid_grant']);
    const exchange = { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: access };
    expect(verdict(await client.token(exchange))).toEqual([400, 'unsupported_grant_type']);
    const message = await client.start({ prompt: 'none', id_token_hint: access });
    expect(JSON.stringify(message)).toContain('invalid_request');
  });

  test('does not live for long, and dies with its grant', async () => {
    const { access, refresh, body } = await leak();
    expect(body['expires_in']).toBe(600);
    expect((await client.revoke(refresh)).status).toBe(200);
    expect(await client.isActive(access)).toBe(false);
    const second = await leak();
    server.clock.advance(600);
    expect(await client.isActive(second.access)).toBe(false);
  });

  test('tells a resource server that asks about it nothing of the others that it is for', async () => {
    const consent = { access_token: { encoding }, audience: [api, other] };
    const { code } = await client.authorize({ prompt: 'consent' }, { consent });
    const { access } = await client.redeem(code);
    const stranger = await server.register(versatile);
    const answer = await stranger.introspect(access);
    expect(answer.text).not.toContain('api.example');
    expect(answer.text).not.toContain('other.example');
  });
});
