import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { driveLogin } from '../../src/testing/login-driver.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import {
  type AttackClient,
  authorizationRequest,
  authorize,
  pkce,
  redeem,
  registerClient,
  verdict,
} from './attack-kit.ts';

let server: TestServer;
let client: AttackClient;
let app: AttackClient;

const s256 = { code_challenge: pkce.challenge, code_challenge_method: 'S256' };
const publicClient = { token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'] };

beforeAll(async () => {
  server = await startTestServer();
  client = await registerClient(server);
  app = await registerClient(server, publicClient);
});
afterAll(() => server.close());

/** The authorization request must be refused towards the client, without a prompt. */
async function expectRefused(at: TestServer, who: AttackClient, extra: Record<string, string>): Promise<void> {
  const { params, steps } = await driveLogin(at, authorizationRequest(who, extra));
  expect(steps).toEqual(['response']);
  expect([params.get('error'), params.get('code'), params.get('iss')]).toEqual(['invalid_request', null, at.issuer]);
}

describe.each(['confidential', 'public'])('a %s client', (kind) => {
  const who = () => (kind === 'public' ? app : client);

  test('redeems with the verifier', async () => {
    const { code } = await authorize(server, who(), s256);
    expect((await redeem(server, who(), code, { code_verifier: pkce.verifier })).status).toBe(200);
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
    const { code } = await authorize(server, who(), s256);
    expect(verdict(await redeem(server, who(), code, extra))).toEqual([400, 'invalid_grant']);
    expect(verdict(await redeem(server, who(), code, { code_verifier: pkce.verifier }))).toEqual([
      400,
      'invalid_grant',
    ]);
  });

  test('does not redeem a code without challenge with a verifier: the challenge was stripped on the way', async () => {
    const { code } = await authorize(server, who());
    const answer = await redeem(server, who(), code, { code_verifier: pkce.verifier });
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
  const { code } = await authorize(server, client, { code_challenge: pkce.challenge });
  expect(verdict(await redeem(server, client, code, { code_verifier: pkce.verifier }))).toEqual([400, 'invalid_grant']);
  const next = await authorize(server, client, { code_challenge: pkce.challenge });
  expect((await redeem(server, client, next.code, { code_verifier: pkce.challenge })).status).toBe(200);
});

test('repeated PKCE parameters are refused', async () => {
  const query = new URLSearchParams(authorizationRequest(client, s256)).toString();
  for (const more of ['code_challenge_method=plain', `code_challenge=${'b'.repeat(43)}`]) {
    const { params } = await driveLogin(server, `${query}&${more}`);
    expect([params.get('error'), params.get('code')]).toEqual(['invalid_request', null]);
  }
  const { code } = await authorize(server, client, s256);
  const body = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: client.redirectUri });
  body.append('code_verifier', pkce.verifier);
  body.append('code_verifier', 'b'.repeat(43));
  const credentials = Buffer.from(`${client.id}:${client.secret}`).toString('base64');
  const headers = { Authorization: `Basic ${credentials}` };
  const answer = await fetch(`${server.issuer}/token`, { method: 'POST', headers, body });
  expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_request' }]);
});

test('a client that has registered S256 is held to it', async () => {
  const bound = await registerClient(server, { ...publicClient, code_challenge_method: 'S256' });
  await expectRefused(server, bound, {});
  await expectRefused(server, bound, { code_challenge: pkce.challenge });
  await expectRefused(server, bound, { code_challenge: pkce.challenge, code_challenge_method: 'plain' });
  const { code } = await authorize(server, bound, s256);
  expect((await redeem(server, bound, code, { code_verifier: pkce.verifier })).status).toBe(200);
});

test('the configuration requires S256 of everybody, and takes plain from nobody', async () => {
  const strict = await startTestServer({ properties: { 'op.authz.requiredPKCE': 'S256' } });
  const who = await registerClient(strict);
  await expectRefused(strict, who, {});
  await expectRefused(strict, who, { code_challenge: pkce.challenge });
  await expectRefused(strict, who, { code_challenge: pkce.challenge, code_challenge_method: 'plain' });
  await authorize(strict, who, s256);
  await strict.close();

  const modern = await startTestServer({ properties: { 'op.authz.allowedPKCE': 'S256' } });
  const other = await registerClient(modern);
  await expectRefused(modern, other, { code_challenge: pkce.challenge });
  await expectRefused(modern, other, { code_challenge: pkce.challenge, code_challenge_method: 'plain' });
  await authorize(modern, other, {});
  await modern.close();
});
