import { afterEach, describe, expect, test } from 'vitest';
import type { ClaimsSource } from '../../src/ports/claims-source.ts';
import { verdict } from '../../src/testing/caller/answer.ts';
import { versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer | undefined;
afterEach(() => server?.close());

/** A server whose claims source, once it has been asked, is kept waiting for another action. */
async function startMeddledServer() {
  let meddle: (() => Promise<unknown>) | undefined;
  const slow: ClaimsSource = {
    name: 'slow',
    supportedClaims: ['*'],
    async getClaims(sub) {
      const action = meddle;
      meddle = undefined;
      await action?.();
      return { sub, email: `${sub}@example.com` };
    },
  };
  const at = await startTestServer({ claimsSources: [slow] });
  server = at;
  return {
    at,
    client: await at.register(versatile),
    /** What happens while tokens are made that need a claim. */
    between(action: () => Promise<unknown>) {
      meddle = action;
    },
  };
}

/** The access token asks the source for a claim, so that there is something to wait for. */
const fed = { scope: ['openid', 'email', 'read'], claims: ['email', 'access_token:email'] };

describe.each([
  { long_lived: true, rotate: true },
  { long_lived: true, rotate: false },
  { long_lived: false, rotate: true },
  { long_lived: false, rotate: false },
])('with long_lived $long_lived and rotation $rotate, while a claims source is slow', ({ long_lived, rotate }) => {
  const consent = { ...fed, long_lived, refresh_token: { issue: true, rotate } };

  test('a refresh whose grant is revoked meanwhile yields nothing that lives', async () => {
    const { client, between } = await startMeddledServer();
    const first = await client.tokens({}, { sub: 'alice', consent });
    between(async () => expect((await client.revoke(first.refresh)).status).toBe(200));
    const late = await client.refresh(first.refresh);
    expect(late.status).toBe(200);
    expect(await client.isActive(late.access)).toBe(false);
    for (const token of [first.refresh, late.refresh].filter((text) => text !== '')) {
      expect(verdict(await client.refresh(token))).toEqual([400, 'invalid_grant']);
    }
  });

  test('a refresh whose subject and client are revoked meanwhile yields no refresh token that lives', async () => {
    const { at, client, between } = await startMeddledServer();
    const first = await client.tokens({}, { sub: 'alice', consent });
    between(async () => {
      const { stores, clock } = at.provider;
      const target = { subject: 'alice', clientId: client.id };
      await stores.revocations.revoke(target, clock.now(), clock.now() + 1000);
      await stores.authorizations.remove(target);
    });
    const late = await client.refresh(first.refresh);
    at.clock.advance(1);
    for (const token of [first.refresh, late.refresh].filter((text) => text !== '')) {
      expect(verdict(await client.refresh(token))).toEqual([400, 'invalid_grant']);
    }
    // What is consented to anew within the very second of the revocation is good.
    const again = await client.tokens({ prompt: 'consent' }, { sub: 'alice', consent });
    expect((await client.refresh(again.refresh)).status).toBe(200);
  });

  test('a code whose replay comes while it is redeemed yields nothing that lives', async () => {
    const { client, between } = await startMeddledServer();
    const { code } = await client.authorize({}, { sub: 'alice', consent });
    between(async () => expect(verdict(await client.redeem(code))).toEqual([400, 'invalid_grant']));
    const won = await client.redeem(code);
    expect(won.status).toBe(200);
    expect(await client.isActive(won.access)).toBe(false);
    expect(verdict(await client.refresh(won.refresh))).toEqual([400, 'invalid_grant']);
  });
});

test('what is revoked and consented to within one second is told apart', async () => {
  const { at, client } = await startMeddledServer();
  const { stores, clock } = at.provider;
  const consent = { long_lived: false, refresh_token: { issue: true } };
  const login = () => client.tokens({}, { sub: 'alice', consent });
  const revoke = async () => {
    await stores.revocations.revoke({ subject: 'alice', clientId: client.id }, clock.now(), clock.now() + 1000);
  };
  const before = await login();
  await revoke();
  const between = await login();
  await revoke();
  const { code } = await client.authorize({}, { sub: 'alice', consent });
  const after = await client.redeem(code);
  const pending = await client.authorize({}, { sub: 'alice', consent });
  expect(verdict(await client.refresh(before.refresh))).toEqual([400, 'invalid_grant']);
  expect(verdict(await client.refresh(between.refresh))).toEqual([400, 'invalid_grant']);
  expect((await client.refresh(after.refresh)).status).toBe(200);
  await revoke();
  expect(verdict(await client.redeem(pending.code))).toEqual([400, 'invalid_grant']);
});

test('a consent that is given while a token is refreshed stays, and the token keeps its own scope', async () => {
  const { client, between } = await startMeddledServer();
  const consent = { ...fed, scope: ['openid'], refresh_token: { issue: true, max_idle: 10_000 } };
  const first = await client.tokens({}, { sub: 'alice', consent });
  between(() => client.tokens({}, { sub: 'alice', consent: { ...consent, scope: ['openid', 'read'] } }));
  expect((await client.refresh(first.refresh)).body['scope']).toBe('openid');
  expect((await client.refresh(first.refresh)).body['scope']).toBe('openid');
  const silent = await client.login({ scope: 'openid read', prompt: 'none' }, { sub: 'alice' });
  expect(silent.params.get('error')).not.toBeNull();
});
