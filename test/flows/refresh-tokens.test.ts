import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { claimsOf } from '../../src/testing/caller/jwt.ts';
import { number, text } from '../../src/testing/caller/values.ts';
import { people } from '../../src/testing/people.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ claimsSources: [people], properties: { 'sessionStore.quotaPerSubject': '25' } });
});
afterAll(() => server.close());

/** Tokens by a fresh consent with this order for the refresh token. */
async function issued(longLived: boolean, refreshToken: object = {}, more: object = {}) {
  const party = await server.register();
  const consent = { long_lived: longLived, refresh_token: refreshToken, ...more };
  return { party, tokens: (await party.tokens({ scope: 'openid email' }, { consent })).body };
}

async function refreshed(party: TestClient, token: unknown, form: Readonly<Record<string, string>> = {}) {
  const { status, body } = await party.refresh(text(token), form);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

async function refused(party: TestClient, token: unknown): Promise<void> {
  expect(await party.refresh(text(token))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
}

describe.each([
  ['identifier-based', true],
  ['self-contained', false],
])('a refresh token that is %s', (_name, longLived) => {
  test('has its form, and no end unless ordered', async () => {
    const { party, tokens } = await issued(longLived);
    expect(text(tokens['refresh_token']).split('.')).toHaveLength(longLived ? 1 : 5);
    expect(tokens).not.toHaveProperty('refresh_token_expires_in');
    server.clock.advance(86_400 * 365);
    const body = await refreshed(party, tokens['refresh_token']);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'openid email' });
    expect(body).not.toHaveProperty('refresh_token');
    expect(body).not.toHaveProperty('id_token');
  });

  test('ends with its lifetime, which trims the access tokens', async () => {
    const { party, tokens } = await issued(longLived, { lifetime: 1000 });
    expect(tokens).toMatchObject({ expires_in: 600, refresh_token_expires_in: 1000 });
    server.clock.advance(700);
    const body = await refreshed(party, tokens['refresh_token']);
    expect(body['expires_in']).toBe(300);
    expect(number(claimsOf(body['access_token'])['exp'])).toBe(server.clock.now() + 300);
    server.clock.advance(299);
    expect(await refreshed(party, tokens['refresh_token'])).toMatchObject({ expires_in: 1 });
    server.clock.advance(1);
    await refused(party, tokens['refresh_token']);
  });

  test('ends when idle, which trims the access tokens', async () => {
    const { party, tokens } = await issued(longLived, { max_idle: 100 });
    expect(tokens['expires_in']).toBe(100);
    for (let i = 0; i < 3; i++) {
      server.clock.advance(99);
      expect(await refreshed(party, tokens['refresh_token'])).toMatchObject({ expires_in: 100 });
    }
    server.clock.advance(100);
    await refused(party, tokens['refresh_token']);
  });

  test('ends by whichever comes first', async () => {
    const { party, tokens } = await issued(longLived, { lifetime: 150, max_idle: 100 });
    server.clock.advance(90);
    expect(await refreshed(party, tokens['refresh_token'])).toMatchObject({ expires_in: 60 });
    server.clock.advance(60);
    await refused(party, tokens['refresh_token']);
  });

  test('rotates where ordered, without a longer life', async () => {
    const { party, tokens } = await issued(longLived, { rotate: true, lifetime: 1000 });
    server.clock.advance(400);
    const second = await refreshed(party, tokens['refresh_token']);
    expect(second['refresh_token']).not.toBe(tokens['refresh_token']);
    expect(second['refresh_token_expires_in']).toBe(600);
    server.clock.advance(300);
    const third = await refreshed(party, second['refresh_token']);
    expect(third).toMatchObject({ refresh_token_expires_in: 300, expires_in: 300 });
    server.clock.advance(300);
    await refused(party, third['refresh_token']);
  });

  test('used after it was rotated away, ends its grant, and nothing else', async () => {
    const { party, tokens } = await issued(longLived, { rotate: true });
    const { body: other } = await party.tokens();
    const second = await refreshed(party, tokens['refresh_token']);
    server.clock.advance(6);
    await refused(party, tokens['refresh_token']);
    await refused(party, second['refresh_token']);
    expect((await server.userInfo(text(second['access_token']))).status).toBe(401);
    await refreshed(party, other['refresh_token']);
    expect((await server.userInfo(text(other['access_token']))).status).toBe(200);
  });

  test('of concurrent uses under rotation all get the same successor within the grace period', async () => {
    const { party, tokens } = await issued(longLived, { rotate: true });
    const replies = await Promise.all(Array.from({ length: 10 }, () => party.refresh(text(tokens['refresh_token']))));
    expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(200));
    const [first] = replies;
    const second = await refreshed(party, first?.refresh);
    // Each of the ten counts as the one before the last: none has begun a branch of its own.
    for (const { refresh } of replies) await refreshed(party, refresh);
    expect(second['refresh_token']).not.toBe(first?.refresh);
  });

  test('narrows the scope of one access token, and never widens it', async () => {
    const { party, tokens } = await issued(longLived);
    const narrow = await refreshed(party, tokens['refresh_token'], { scope: 'openid' });
    expect(narrow['scope']).toBe('openid');
    expect(claimsOf(narrow['access_token'])['scp']).toEqual(['openid']);
    expect((await refreshed(party, tokens['refresh_token']))['scope']).toBe('openid email');
    expect(await party.refresh(text(tokens['refresh_token']), { scope: 'openid admin' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
  });

  test('belongs to its client', async () => {
    const { party, tokens } = await issued(longLived);
    const other = await server.register();
    await refused(other, tokens['refresh_token']);
    expect((await party.refresh(text(tokens['refresh_token']))).status).toBe(200);
  });

  test('is revoked by itself, and only by its client', async () => {
    const { party, tokens } = await issued(longLived);
    const other = await server.register();
    expect((await other.post('/token/revoke', { token: text(tokens['refresh_token']) })).status).toBe(200);
    expect((await party.refresh(text(tokens['refresh_token']))).status).toBe(200);
    const reply = await party.post('/token/revoke', {
      token: text(tokens['refresh_token']),
      token_type_hint: 'access_token',
    });
    expect([reply.status, reply.body]).toEqual([200, {}]);
    await refused(party, tokens['refresh_token']);
    expect((await server.userInfo(text(tokens['access_token']))).status).toBe(401);
  });

  test('is not issued where not ordered, or not registered for', async () => {
    const { tokens } = await issued(longLived, { issue: false });
    expect(tokens).not.toHaveProperty('refresh_token');
    const party = await server.register({ grant_types: ['authorization_code'] });
    expect((await party.tokens({}, { consent: { long_lived: longLived } })).body).not.toHaveProperty('refresh_token');
    expect(await party.refresh('x')).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
  });

  test('is rubbish once a character is changed', async () => {
    const { party, tokens } = await issued(longLived);
    const token = text(tokens['refresh_token']);
    const at = Math.floor(token.length / 2);
    await refused(party, `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`);
    for (const rubbish of ['x', '.', '....', 'ü', `${token}=`]) await refused(party, rubbish);
    expect(await party.refresh('')).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  test('brings an ID token where allowed, while the session lasts', async () => {
    const { party, tokens } = await issued(longLived, {}, { id_token: { allow_refresh: true } });
    expect(await refreshed(party, tokens['refresh_token'])).toHaveProperty('id_token');
    await server.call('DELETE', '/session-store/rest/v2/sessions?subject=alice&quiet=true');
    expect(await refreshed(party, tokens['refresh_token'])).not.toHaveProperty('id_token');
  });
});

describe('the grace period of a rotated self-contained token', () => {
  test('allows another use, which yields the same successor again', async () => {
    const { party, tokens } = await issued(false, { rotate: true });
    const second = await refreshed(party, tokens['refresh_token']);
    server.clock.advance(5);
    const again = await refreshed(party, tokens['refresh_token']);
    expect(again['refresh_token']).toBe(second['refresh_token']);
    await refreshed(party, second['refresh_token']);
    await refreshed(party, again['refresh_token']);
  });

  test('is set by its property', async () => {
    const own = await startTestServer({
      properties: {
        'authzStore.refreshToken.rotatedReuseGracePeriod': '0',
        'authzStore.refreshToken.defaultRotate': 'true',
        'authzStore.refreshToken.defaultLifetime': '500',
        'authzStore.accessToken.defaultLifetime': '90',
        'authzStore.code.lifetime': '20',
      },
    });
    try {
      const party = await own.register();
      const { body: tokens } = await party.tokens({}, { consent: { long_lived: false } });
      expect(tokens).toMatchObject({ refresh_token_expires_in: 500, expires_in: 90 });
      const second = await refreshed(party, tokens['refresh_token']);
      expect(second).toMatchObject({ refresh_token: expect.any(String), refresh_token_expires_in: 500 });
      own.clock.advance(1);
      await refused(party, tokens['refresh_token']);
      const { params } = await party.login({});
      own.clock.advance(20);
      expect(await party.redeem(text(params.get('code')))).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      });
    } finally {
      await own.close();
    }
  });
});

describe('a remembered authorisation', () => {
  test('keeps its refresh token over another login', async () => {
    const { party, tokens } = await issued(true);
    const { body: second } = await party.tokens({ scope: 'openid email' });
    await refreshed(party, tokens['refresh_token']);
    await refreshed(party, second['refresh_token']);
  });

  test('gets another one with rotation', async () => {
    const { party, tokens } = await issued(true, { rotate: true });
    const { body: second } = await party.tokens({ scope: 'openid email' });
    expect(second['refresh_token']).not.toBe(tokens['refresh_token']);
    await refreshed(party, second['refresh_token']);
  });

  test('starts the lifetime anew with a login, also where the token was rotated before', async () => {
    const { party, tokens } = await issued(true, { rotate: true, lifetime: 1000 });
    server.clock.advance(990);
    await refreshed(party, tokens['refresh_token']);
    const { body: again } = await party.tokens({ scope: 'openid email' });
    expect(again).toMatchObject({ refresh_token_expires_in: 1000, expires_in: 600 });
  });

  test('issues what the last consent ordered', async () => {
    const { party } = await issued(
      true,
      { lifetime: 1000 },
      { access_token: { lifetime: 50, encoding: 'IDENTIFIER' } },
    );
    const { body: again } = await party.tokens({ scope: 'openid email' });
    expect(again).toMatchObject({ expires_in: 50, refresh_token_expires_in: 1000 });
    expect(text(again['access_token'])).toMatch(/^[\w-]{22}\.[\w-]{22}$/);
  });
});

test('a public client refreshes by its client_id alone', async () => {
  const party = await server.register({ token_endpoint_auth_method: 'none' });
  const { body: tokens } = await party.tokens();
  await refreshed(party, tokens['refresh_token']);
  const other = await server.register({ token_endpoint_auth_method: 'none' });
  await refused(other, tokens['refresh_token']);
});
