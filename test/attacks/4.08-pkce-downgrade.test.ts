import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { pkce } from '../../src/testing/caller/pkce.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let client: TestClient;
let app: TestClient;

const s256 = { code_challenge: pkce.challenge, code_challenge_method: 'S256' };
const publicClient = { token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'] };

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register(versatile);
  app = await server.register({ ...versatile, ...publicClient });
});
afterAll(() => server.close());

/** The authorization request must be refused towards the client, without a prompt. */
async function expectRefused(at: TestServer, who: TestClient, extra: Record<string, string>): Promise<void> {
  const { params, steps } = await at.page.login(who.query(extra));
  expect(steps).toEqual(['response']);
  expect([params.get('error'), params.get('code'), params.get('iss')]).toEqual(['invalid_request', null, at.issuer]);
}

describe.each(['confidential', 'public'])('a %s client', (kind) => {
  const who = () => (kind === 'public' ? app : client);

  test('redeems with the verifier', async () => {
    const { code } = await who().authorize(s256);
    expect((await who().redeem(code, { code_verifier: pkce.verifier })).status).toBe(200);
  });

  test.each<[string, Record<string, string>]>([
    ['no verifier', {}],
    ['an empty one', { code_verifier: '' }],
    ['another one', { code_verifier: pkce.verifier.replace('a', 'b') }],
    ['one of another case', { code_verifier: pkce.verifier.toUpperCase() }],
    ['a longer one', { code_verifier: `${pkce.verifier}0` }],
    ['the challenge itself', { code_verifier: pkce.challenge }],
    ['the challenge, said to be plain', { code_verifier: pkce.challenge, code_challenge_method: 'plain' }],
    ['the verifier with padding', { code_verifier: `${pkce.verifier}=` }],
    ['a short one', { code_verifier: 'a' }],
    ['a huge one', { code_verifier: 'a'.repeat(10_000) }],
    ['another challenge with its verifier', { ...s256, code_verifier: 'b'.repeat(43) }],
  ])('does not redeem a code with challenge and %s', async (_what, extra) => {
    const { code } = await who().authorize(s256);
    expect(verdict(await who().redeem(code, extra))).toEqual([400, 'invalid_grant']);
    expect(verdict(await who().redeem(code, { code_verifier: pkce.verifier }))).toEqual([400, 'invalid_grant']);
  });

  test('does not redeem a code without challenge with a verifier: the challenge was stripped on the way', async () => {
    const { code } = await who().authorize();
    const answer = await who().redeem(code, { code_verifier: pkce.verifier });
    expect(verdict(answer)).toEqual([400, 'invalid_grant']);
  });

  test.each<[string, Record<string, string>]>([
    ['a method without challenge', { code_challenge_method: 'S256' }],
    ['an empty challenge', { code_challenge: '', code_challenge_method: 'S256' }],
    ['an unknown method', { code_challenge: pkce.challenge, code_challenge_method: 'S512' }],
    ['a method of another case', { code_challenge: pkce.challenge, code_challenge_method: 's256' }],
    ['the method none', { code_challenge: pkce.challenge, code_challenge_method: 'none' }],
    ['a short challenge', { code_challenge: 'a'.repeat(42), code_challenge_method: 'S256' }],
    ['a long challenge', { code_challenge: 'a'.repeat(129), code_challenge_method: 'S256' }],
    ['a challenge with padding', { code_challenge: `${pkce.challenge}=`, code_challenge_method: 'S256' }],
    ['a challenge with a line break', { code_challenge: `${pkce.challenge}\n`, code_challenge_method: 'S256' }],
  ])('is refused with %s', (_what, extra) => expectRefused(server, who(), extra));
});

test('a plain challenge is what it says: the S256 verifier of it does not do', async () => {
  const { code } = await client.authorize({ code_challenge: pkce.challenge });
  expect(verdict(await client.redeem(code, { code_verifier: pkce.verifier }))).toEqual([400, 'invalid_grant']);
  const next = await client.authorize({ code_challenge: pkce.challenge });
  expect((await client.redeem(next.code, { code_verifier: pkce.challenge })).status).toBe(200);
});

test('repeated PKCE parameters are refused', async () => {
  const query = new URLSearchParams(client.query(s256)).toString();
  for (const more of ['code_challenge_method=plain', `code_challenge=${'b'.repeat(43)}`]) {
    const { params } = await server.page.login(`${query}&${more}`);
    expect([params.get('error'), params.get('code')]).toEqual(['invalid_request', null]);
  }
  const { code } = await client.authorize(s256);
  const body = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: client.redirectUri });
  body.append('code_verifier', pkce.verifier);
  body.append('code_verifier', 'b'.repeat(43));
  const answer = await server.send('/token', { method: 'POST', headers: client.basic, body });
  expect([answer.status, answer.json]).toMatchObject([400, { error: 'invalid_request' }]);
});

test('a client that has registered S256 is held to it', async () => {
  const bound = await server.register({ ...versatile, ...publicClient, code_challenge_method: 'S256' });
  await expectRefused(server, bound, {});
  await expectRefused(server, bound, { code_challenge: pkce.challenge });
  await expectRefused(server, bound, { code_challenge: pkce.challenge, code_challenge_method: 'plain' });
  const { code } = await bound.authorize(s256);
  expect((await bound.redeem(code, { code_verifier: pkce.verifier })).status).toBe(200);
});

test('the configuration requires S256 of everybody, and takes plain from nobody', async () => {
  const strict = await startTestServer({ properties: { 'op.authz.requiredPKCE': 'S256' } });
  const who = await strict.register(versatile);
  await expectRefused(strict, who, {});
  await expectRefused(strict, who, { code_challenge: pkce.challenge });
  await expectRefused(strict, who, { code_challenge: pkce.challenge, code_challenge_method: 'plain' });
  await who.authorize(s256);
  await strict.close();

  const modern = await startTestServer({ properties: { 'op.authz.allowedPKCE': 'S256' } });
  const other = await modern.register(versatile);
  await expectRefused(modern, other, { code_challenge: pkce.challenge });
  await expectRefused(modern, other, { code_challenge: pkce.challenge, code_challenge_method: 'plain' });
  await other.authorize({});
  await modern.close();
});
