import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let client: TestClient;
let stranger: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register(versatile);
  stranger = await server.register(versatile);
});
afterAll(() => server.close());

const grace = 5;

const rotating = (long_lived: boolean) => ({ long_lived, refresh_token: { issue: true, rotate: true } });

describe.each([true, false])('a rotating refresh token, long-lived %s', (longLived) => {
  const consent = rotating(longLived);

  test('replayed revokes all that the subject gave the client, and spares others', async () => {
    const sub = `victim-${longLived}`;
    const elsewhere = await stranger.tokens({}, { sub, consent });
    const neighbour = await client.tokens({}, { sub: `neighbour-${longLived}`, consent });
    const first = await client.tokens({}, { sub, consent });
    const second = await client.refresh(first.refresh);
    expect(second.refresh).not.toBe(first.refresh);
    const third = await client.refresh(second.refresh);
    server.clock.advance(grace + 1);

    expect(verdict(await client.refresh(first.refresh))).toEqual([400, 'invalid_grant']);
    for (const token of [first.access, second.access, third.access]) {
      expect(await client.isActive(token)).toBe(false);
    }
    expect(verdict(await client.refresh(third.refresh))).toEqual([400, 'invalid_grant']);
    expect(await client.isActive(neighbour.access)).toBe(true);
    expect(await client.isActive(elsewhere.access)).toBe(true);
    expect((await stranger.refresh(elsewhere.refresh)).status).toBe(200);
  });

  test('of another client is refused, and neither used nor revoked by it', async () => {
    const tokens = await client.tokens({}, { sub: `kept-${longLived}`, consent });
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(verdict(await stranger.refresh(tokens.refresh))).toEqual([400, 'invalid_grant']);
    }
    expect(await client.isActive(tokens.access)).toBe(true);
    const next = await client.refresh(tokens.refresh);
    server.clock.advance(grace + 1);
    // A rotated token in the hands of a stranger is no proof of theft by somebody who could use it.
    expect(verdict(await stranger.refresh(tokens.refresh))).toEqual([400, 'invalid_grant']);
    expect((await client.refresh(next.refresh)).status).toBe(200);
  });

  test('does not gain scope, and a request for more does not cost the client its token', async () => {
    const tokens = await client.tokens({}, { sub: `scope-${longLived}`, consent });
    for (const scope of ['openid email read write', 'admin', '*', 'openid "', 'OPENID', 'read\u00a0write']) {
      const more = await client.refresh(tokens.refresh, { scope });
      expect(verdict(more)).toEqual([400, 'invalid_scope']);
      expect(more.body).not.toHaveProperty('access_token');
    }
    server.clock.advance(grace + 1);
    const less = await client.refresh(tokens.refresh, { scope: 'read' });
    expect([less.status, less.body['scope']]).toEqual([200, 'read']);
    const again = await client.refresh(less.refresh);
    expect([again.status, again.body['scope']]).toEqual([200, 'openid email read']);
  });

  test('altered in any character is refused and revokes nothing', async () => {
    const { access, refresh: token } = await client.tokens({}, { sub: `bits-${longLived}`, consent });
    const step = Math.ceil(token.length / 60);
    for (let at = 0; at < token.length; at += step) {
      const other = token[at] === 'A' ? 'B' : 'A';
      const forged = token.slice(0, at) + other + token.slice(at + 1);
      expect(verdict(await client.refresh(forged))).toEqual([400, 'invalid_grant']);
    }
    expect(await client.isActive(access)).toBe(true);
    expect((await client.refresh(token)).status).toBe(200);
  });
});

describe('the grace period', () => {
  test.each([true, false])(
    'gives the same successor again for some seconds, and no longer (long-lived: %s)',
    async (lng) => {
      const tokens = await client.tokens({}, { sub: `graceful-${lng}`, consent: rotating(lng) });
      const next = await client.refresh(tokens.refresh);
      expect(next.status).toBe(200);
      server.clock.advance(grace);
      const repeated = await client.refresh(tokens.refresh);
      expect([repeated.status, repeated.refresh]).toEqual([200, next.refresh]);
      server.clock.advance(1);
      expect(verdict(await client.refresh(tokens.refresh))).toEqual([400, 'invalid_grant']);
      expect(verdict(await client.refresh(next.refresh))).toEqual([400, 'invalid_grant']);
      expect([await client.isActive(tokens.access), await client.isActive(next.access)]).toEqual([false, false]);
    },
  );

  test.each([true, false])('is for the latest rotation alone (long-lived: %s)', async (lng) => {
    const tokens = await client.tokens({}, { sub: `latest-${lng}`, consent: rotating(lng) });
    const next = await client.refresh(tokens.refresh);
    const third = await client.refresh(next.refresh);
    expect(third.status).toBe(200);
    expect(verdict(await client.refresh(tokens.refresh))).toEqual([400, 'invalid_grant']);
    expect(verdict(await client.refresh(third.refresh))).toEqual([400, 'invalid_grant']);
  });

  test.each([true, false])('makes one successor of 40 parallel uses (long-lived: %s)', async (lng) => {
    const tokens = await client.tokens({}, { sub: `race-${lng}`, consent: rotating(lng) });
    const answers = await Promise.all(Array.from({ length: 40 }, () => client.refresh(tokens.refresh)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ refresh }) => refresh)).size).toBe(1);
  });
});

test('a refresh token is no access token, no code and no session, and a revoked one stays dead', async () => {
  const tokens = await client.tokens({}, { sub: 'purpose' });
  expect(await client.isActive(tokens.refresh)).toBe(false);
  const asCode = { grant_type: 'authorization_code', code: tokens.refresh, client_id: client.id };
  const form = { ...asCode, client_secret: client.secret };
  expect((await server.post('/token', form)).status).toBe(401);
  for (const token of [tokens.access, tokens.id]) {
    expect(verdict(await client.refresh(token))).toEqual([400, 'invalid_grant']);
  }
});

test('the lifetime and the idle time end a token in the very second', async () => {
  const ending = { long_lived: true, refresh_token: { issue: true, rotate: false, lifetime: 100 } };
  const one = await client.tokens({}, { sub: 'ending', consent: ending });
  server.clock.advance(99);
  expect((await client.refresh(one.refresh)).status).toBe(200);
  server.clock.advance(1);
  expect(verdict(await client.refresh(one.refresh))).toEqual([400, 'invalid_grant']);

  const idle = { long_lived: true, refresh_token: { issue: true, rotate: false, max_idle: 100 } };
  const two = await client.tokens({}, { sub: 'idle', consent: idle });
  server.clock.advance(99);
  expect((await client.refresh(two.refresh)).status).toBe(200);
  server.clock.advance(100);
  expect(verdict(await client.refresh(two.refresh))).toEqual([400, 'invalid_grant']);
});

test.each([true, false])(
  'without a grace period the second use is a replay, in the same second too (long-lived: %s)',
  async (lng) => {
    const strict = await startTestServer({ properties: { 'authzStore.refreshToken.rotatedReuseGracePeriod': '0' } });
    try {
      const owner = await strict.register(versatile);
      const { refresh: token } = await owner.tokens({}, { sub: 'alice', consent: rotating(lng) });
      const answers = await Promise.all(Array.from({ length: 40 }, () => owner.refresh(token)));
      const won = answers.filter(({ status }) => status === 200);
      expect(won).toHaveLength(1);
      for (const { access, refresh: next } of won) {
        expect(await owner.isActive(access)).toBe(false);
        expect(verdict(await owner.refresh(next))).toEqual([400, 'invalid_grant']);
      }
    } finally {
      await strict.close();
    }
  },
);

test('what was revoked stays so, however long it was to live', async () => {
  const forever = await startTestServer();
  try {
    const owner = await forever.register(versatile);
    const consent = { long_lived: false, access_token: { lifetime: 86_400 * 10_000 } };
    const revoke = (token: string) => forever.post('/token/revoke', { token }, owner.basic);
    const byRefresh = await owner.tokens({}, { sub: 'alice', consent });
    expect((await revoke(byRefresh.refresh)).status).toBe(200);
    const byAccess = await owner.tokens({}, { sub: 'bob', consent });
    expect((await revoke(byAccess.access)).status).toBe(200);
    const byReplay = await owner.authorize({}, { sub: 'carol', consent });
    const replayed = await owner.redeem(byReplay.code);
    expect(verdict(await owner.redeem(byReplay.code))).toEqual([400, 'invalid_grant']);
    for (const days of [0, 401, 5000]) {
      forever.clock.advance(days * 86_400);
      await forever.storage.purge();
      for (const tokens of [byRefresh, replayed]) {
        expect(verdict(await owner.refresh(tokens.refresh))).toEqual([400, 'invalid_grant']);
        expect(await owner.isActive(tokens.access)).toBe(false);
      }
      // An access token goes by itself.
      expect(await owner.isActive(byAccess.access)).toBe(false);
      expect((await owner.refresh(byAccess.refresh)).status).toBe(200);
    }
  } finally {
    await forever.close();
  }
});
