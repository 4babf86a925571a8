import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import {
  type AttackClient,
  authorize,
  basic,
  isActive,
  login,
  postForm,
  redeem,
  refresh,
  registerClient,
  tokensIn,
  verdict,
} from './attack-kit.ts';

let server: TestServer;
let client: AttackClient;
let stranger: AttackClient;

beforeAll(async () => {
  server = await startTestServer();
  client = await registerClient(server);
  stranger = await registerClient(server);
});
afterAll(() => server.close());

const grace = 5;

const rotating = (long_lived: boolean) => ({ long_lived, refresh_token: { issue: true, rotate: true } });

describe.each([true, false])('a rotating refresh token, long-lived %s', (longLived) => {
  const consent = rotating(longLived);

  test('replayed revokes all that the subject gave the client, and spares others', async () => {
    const sub = `victim-${longLived}`;
    const elsewhere = await login(server, stranger, { sub, consent });
    const neighbour = await login(server, client, { sub: `neighbour-${longLived}`, consent });
    const first = await login(server, client, { sub, consent });
    const second = tokensIn(await refresh(server, client, first.refresh));
    expect(second.refresh).not.toBe(first.refresh);
    const third = tokensIn(await refresh(server, client, second.refresh));
    server.clock.advance(grace + 1);

    expect(verdict(await refresh(server, client, first.refresh))).toEqual([400, 'invalid_grant']);
    for (const token of [first.access, second.access, third.access]) {
      expect(await isActive(server, client, token)).toBe(false);
    }
    expect(verdict(await refresh(server, client, third.refresh))).toEqual([400, 'invalid_grant']);
    expect(await isActive(server, client, neighbour.access)).toBe(true);
    expect(await isActive(server, client, elsewhere.access)).toBe(true);
    expect((await refresh(server, stranger, elsewhere.refresh)).status).toBe(200);
  });

  test('of another client is refused, and neither used nor revoked by it', async () => {
    const tokens = await login(server, client, { sub: `kept-${longLived}`, consent });
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(verdict(await refresh(server, stranger, tokens.refresh))).toEqual([400, 'invalid_grant']);
    }
    expect(await isActive(server, client, tokens.access)).toBe(true);
    const next = tokensIn(await refresh(server, client, tokens.refresh));
    server.clock.advance(grace + 1);
    // A rotated token in the hands of a stranger is no proof of theft by somebody who could use it.
    expect(verdict(await refresh(server, stranger, tokens.refresh))).toEqual([400, 'invalid_grant']);
    expect((await refresh(server, client, next.refresh)).status).toBe(200);
  });

  test('does not gain scope, and a request for more does not cost the client its token', async () => {
    const tokens = await login(server, client, { sub: `scope-${longLived}`, consent });
    for (const scope of ['openid email read write', 'admin', '*', 'openid "', 'OPENID', 'read\u00a0write']) {
      const more = await refresh(server, client, tokens.refresh, { scope });
      expect(verdict(more)).toEqual([400, 'invalid_scope']);
      expect(more.json).not.toHaveProperty('access_token');
    }
    server.clock.advance(grace + 1);
    const less = await refresh(server, client, tokens.refresh, { scope: 'read' });
    expect([less.status, less.json['scope']]).toEqual([200, 'read']);
    const again = await refresh(server, client, tokensIn(less).refresh);
    expect([again.status, again.json['scope']]).toEqual([200, 'openid email read']);
  });

  test('altered in any character is refused and revokes nothing', async () => {
    const { access, refresh: token } = await login(server, client, { sub: `bits-${longLived}`, consent });
    const step = Math.ceil(token.length / 60);
    for (let at = 0; at < token.length; at += step) {
      const other = token[at] === 'A' ? 'B' : 'A';
      const forged = token.slice(0, at) + other + token.slice(at + 1);
      expect(verdict(await refresh(server, client, forged))).toEqual([400, 'invalid_grant']);
    }
    expect(await isActive(server, client, access)).toBe(true);
    expect((await refresh(server, client, token)).status).toBe(200);
  });
});

describe('the grace period', () => {
  test('lets a transient token be used again for some seconds, and no longer', async () => {
    const tokens = await login(server, client, { sub: 'graceful', consent: rotating(false) });
    expect((await refresh(server, client, tokens.refresh)).status).toBe(200);
    server.clock.advance(grace);
    expect((await refresh(server, client, tokens.refresh)).status).toBe(200);
    server.clock.advance(1);
    expect(verdict(await refresh(server, client, tokens.refresh))).toEqual([400, 'invalid_grant']);
    expect(await isActive(server, client, tokens.access)).toBe(false);
  });

  test('is not for long-lived authorisations', async () => {
    const tokens = await login(server, client, { sub: 'strict', consent: rotating(true) });
    const next = tokensIn(await refresh(server, client, tokens.refresh));
    expect(verdict(await refresh(server, client, tokens.refresh))).toEqual([400, 'invalid_grant']);
    expect(verdict(await refresh(server, client, next.refresh))).toEqual([400, 'invalid_grant']);
    expect(await isActive(server, client, next.access)).toBe(false);
  });
});

test('of 40 parallel uses of one long-lived rotating token at most one wins, and the family ends', async () => {
  const tokens = await login(server, client, { sub: 'race', consent: rotating(true) });
  const answers = await Promise.all(Array.from({ length: 40 }, () => refresh(server, client, tokens.refresh)));
  const won = answers.filter(({ status }) => status === 200);
  expect(won.length).toBeLessThanOrEqual(1);
  for (const { access, refresh: next } of won.map(tokensIn)) {
    expect(await isActive(server, client, access)).toBe(false);
    expect(verdict(await refresh(server, client, next))).toEqual([400, 'invalid_grant']);
  }
});

test('a refresh token is no access token, no code and no session, and a revoked one stays dead', async () => {
  const tokens = await login(server, client, { sub: 'purpose' });
  expect(await isActive(server, client, tokens.refresh)).toBe(false);
  const asCode = { grant_type: 'authorization_code', code: tokens.refresh, client_id: client.id };
  const form = { ...asCode, client_secret: client.secret };
  expect((await postForm(server, '/token', form)).status).toBe(401);
  for (const token of [tokens.access, tokens.id]) {
    expect(verdict(await refresh(server, client, token))).toEqual([400, 'invalid_grant']);
  }
});

test('the lifetime and the idle time end a token in the very second', async () => {
  const ending = { long_lived: true, refresh_token: { issue: true, rotate: false, lifetime: 100 } };
  const one = await login(server, client, { sub: 'ending', consent: ending });
  server.clock.advance(99);
  expect((await refresh(server, client, one.refresh)).status).toBe(200);
  server.clock.advance(1);
  expect(verdict(await refresh(server, client, one.refresh))).toEqual([400, 'invalid_grant']);

  const idle = { long_lived: true, refresh_token: { issue: true, rotate: false, max_idle: 100 } };
  const two = await login(server, client, { sub: 'idle', consent: idle });
  server.clock.advance(99);
  expect((await refresh(server, client, two.refresh)).status).toBe(200);
  server.clock.advance(100);
  expect(verdict(await refresh(server, client, two.refresh))).toEqual([400, 'invalid_grant']);
});

test('without a grace period the second use is a replay, in the same second too', async () => {
  const strict = await startTestServer({ properties: { 'authzStore.refreshToken.rotatedReuseGracePeriod': '0' } });
  try {
    const owner = await registerClient(strict);
    const { refresh: token } = await login(strict, owner, { sub: 'alice', consent: rotating(false) });
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(strict, owner, token)));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    for (const { access, refresh: next } of won.map(tokensIn)) {
      expect(await isActive(strict, owner, access)).toBe(false);
      expect(verdict(await refresh(strict, owner, next))).toEqual([400, 'invalid_grant']);
    }
  } finally {
    await strict.close();
  }
});

test('what was revoked stays so, however long it was to live', async () => {
  const forever = await startTestServer();
  try {
    const owner = await registerClient(forever);
    const consent = { long_lived: false, access_token: { lifetime: 86_400 * 10_000 } };
    const revoke = (token: string) => postForm(forever, '/token/revoke', { token }, basic(owner));
    const byRefresh = await login(forever, owner, { sub: 'alice', consent });
    expect((await revoke(byRefresh.refresh)).status).toBe(200);
    const byAccess = await login(forever, owner, { sub: 'bob', consent });
    expect((await revoke(byAccess.access)).status).toBe(200);
    const byReplay = await authorize(forever, owner, {}, { sub: 'carol', consent });
    const replayed = tokensIn(await redeem(forever, owner, byReplay.code));
    expect(verdict(await redeem(forever, owner, byReplay.code))).toEqual([400, 'invalid_grant']);
    for (const days of [0, 401, 5000]) {
      forever.clock.advance(days * 86_400);
      await forever.storage.purge();
      for (const tokens of [byRefresh, byAccess, replayed]) {
        expect(verdict(await refresh(forever, owner, tokens.refresh))).toEqual([400, 'invalid_grant']);
        expect(await isActive(forever, owner, tokens.access)).toBe(false);
      }
    }
  } finally {
    await forever.close();
  }
});
