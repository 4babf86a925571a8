import { afterAll, beforeAll, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { claimsOf } from '../../src/testing/caller/jwt.ts';
import { pkce } from '../../src/testing/caller/pkce.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/**
 * RFC 9700, section 4.5: a code that was stolen from a victim is put into a sign-in of the attacker at the same client, which redeems it
 * for the attacker with its own credentials.
 */

let server: TestServer;
let client: TestClient;
let app: TestClient;

const s256 = { code_challenge: pkce.challenge, code_challenge_method: 'S256' };

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register(versatile);
  app = await server.register({
    ...versatile,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  });
});
afterAll(() => server.close());

test('with PKCE the client sends the verifier of the attacker’s sign-in: the code is refused, and burnt', async () => {
  for (const party of [client, app]) {
    const { code: stolen } = await party.authorize(s256, { sub: 'victim' });
    const ofAttacker = { code_verifier: 'the-verifier-of-the-sign-in-that-the-attacker-has-begun' };
    expect(verdict(await party.redeem(stolen, ofAttacker))).toEqual([400, 'invalid_grant']);
    expect(verdict(await party.redeem(stolen, { code_verifier: pkce.verifier }))).toEqual([400, 'invalid_grant']);
  }
});

test('without PKCE the ID token has the nonce of the victim’s sign-in, by which the client sees it', async () => {
  const { code: stolen } = await client.authorize({ nonce: 'of-the-victim' }, { sub: 'victim' });
  const tokens = await client.redeem(stolen, { nonce: 'of-the-attacker' });
  expect(claimsOf(tokens.id)).toMatchObject({ sub: 'victim', nonce: 'of-the-victim' });
});

test('the nonce of an ID token is that of the request, and no later call can say another', async () => {
  const { code } = await client.authorize({ nonce: undefined }, { sub: 'victim' });
  const tokens = await client.redeem(code, { nonce: 'of-the-attacker' });
  expect(claimsOf(tokens.id)['nonce']).toBeUndefined();
  const { access, refresh } = await client.tokens({ nonce: 'first', prompt: 'consent' }, { sub: 'victim' });
  expect(access).not.toBe('');
  const refreshed = await client.refresh(refresh, { nonce: 'of-the-attacker' });
  if (refreshed.id !== '') expect(claimsOf(refreshed.id)['nonce']).not.toBe('of-the-attacker');
});

test('at another client of the attacker the code is worth nothing, whatever it says of itself', async () => {
  const thief = await server.register(versatile);
  const { code: stolen } = await client.authorize(s256, { sub: 'victim' });
  for (const form of [
    { code_verifier: pkce.verifier },
    { code_verifier: pkce.verifier, redirect_uri: client.redirectUri },
  ]) {
    expect(verdict(await thief.redeem(stolen, form))).toEqual([400, 'invalid_grant']);
  }
  const named = await thief.redeem(stolen, { code_verifier: pkce.verifier, client_id: client.id });
  expect(verdict(named)).toEqual([401, 'invalid_client']);
});

test('a code is no other thing: neither a token nor a session, at any door', async () => {
  const { code } = await client.authorize({}, { sub: 'victim' });
  expect(verdict(await server.userInfo(code))).toEqual([401, 'invalid_token']);
  expect(verdict(await client.refresh(code))).toEqual([400, 'invalid_grant']);
  expect(await client.isActive(code)).toBe(false);
  const session = await server.call('GET', '/session-store/rest/v2/sessions', undefined, { SID: code });
  expect(verdict(session)).toEqual([404, 'invalid_session']);
});
