import { createHash } from 'node:crypto';
import { createLocalJWKSet, type JWK, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { claimsOf, headerOf } from '../../src/testing/caller/jwt.ts';
import type { LoginChoices, LoginOutcome } from '../../src/testing/caller/login-page.ts';
import { type Answered, number, object, text } from '../../src/testing/caller/values.ts';
import { people } from '../../src/testing/people.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/*
 * The modules of the OpenID Foundation's suite for the Basic, Config, Form Post and third-party-initiated login profiles. What
 * the suite only warns of fails here too. Its checks for https are missing: the server under test is reached without TLS.
 */

let server: TestServer;
let keys: readonly JWK[];
beforeAll(async () => {
  server = await startTestServer({
    claimsSources: [people],
    properties: {
      'sessionStore.quotaPerSubject': '25',
    },
  });
  const { keys: list } = object((await server.send('/jwks.json')).json);
  if (!Array.isArray(list)) throw new Error('no keys');
  keys = list.map((key) => ({ kty: '', ...object(key) }));
});
afterAll(() => server.close());

/** Bits of Shannon entropy by the string's own character frequencies, as the suite computes them. */
function entropy(value: string): number {
  const counts = new Map<string, number>();
  for (const char of value) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / value.length);
  return bits;
}

const knownIdTokenClaims = new Set(
  'iss sub aud exp iat auth_time nonce acr amr azp at_hash c_hash nbf jti sid s_hash'.split(' '),
);

/** The checks that nearly every module applies to an authorization response. */
function checkResponse(outcome: LoginOutcome, party: TestClient): string {
  const { params, message, uri } = outcome;
  expect(params.get('error')).toBeNull();
  expect(params.get('state')).toBe('af0ifjsldkj');
  expect(params.get('iss')).toBe(server.issuer);
  expect(uri.startsWith(party.redirectUri)).toBe(true);
  if (message['mode'] === 'form_post') expect(new URL(uri).searchParams.has('code')).toBe(false);
  const code = text(params.get('code'));
  expect(Buffer.byteLength(code)).toBeGreaterThanOrEqual(16);
  expect(entropy(code)).toBeGreaterThan(96);
  return code;
}

/** The checks of a token response with its ID token; answers the claims of the latter. */
async function checkTokens(body: Answered, party: TestClient, nonce?: string): Promise<Answered> {
  expect(body).not.toHaveProperty('error');
  expect(text(body['token_type']).toLowerCase()).toBe('bearer');
  expect(number(body['expires_in'])).toBeGreaterThan(0);
  expect(number(body['expires_in'])).toBeLessThanOrEqual(31_536_000);
  expect(text(body['access_token'])).toMatch(/^[\x21-\x7e]+$/);
  expect(entropy(text(body['access_token']))).toBeGreaterThan(96);
  const jwt = text(body['id_token']);
  expect(headerOf(jwt)['kid']).toEqual(expect.any(String));
  const { payload } = await jwtVerify(jwt, createLocalJWKSet({ keys: [...keys] }), {
    issuer: server.issuer,
    audience: party.id,
    currentDate: new Date(server.clock.now() * 1000),
  });
  expect(payload['nonce']).toBe(nonce);
  expect(payload.sub).toMatch(/^[\x20-\x7e]{1,255}$/);
  const digest = createHash('sha256').update(text(body['access_token'])).digest();
  expect(payload['at_hash']).toBe(digest.subarray(0, 16).toString('base64url'));
  expect(Object.keys(payload).filter((name) => !knownIdTokenClaims.has(name))).toEqual([]);
  return payload;
}

type Parameters = Readonly<Record<string, string | undefined>>;

/** The whole normal flow with the shared checks, UserInfo included. */
async function happyFlow(party: TestClient, parameters: Parameters = {}, choices: LoginChoices = {}) {
  const nonce = 'nonce' in parameters ? parameters['nonce'] : 'abcdefghij';
  const outcome = await party.login({ ...parameters, nonce }, choices);
  const code = checkResponse(outcome, party);
  const { status, body, headers } = await party.redeem(code);
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toContain('no-store');
  const claims = await checkTokens(body, party, nonce);
  const profile = await server.userInfo(text(body['access_token']));
  expect(profile.status).toBe(200);
  expect(profile.body['sub']).toBe(claims['sub']);
  return { body, claims, profile: profile.body, subSid: text(outcome.subSid ?? choices.subSid), steps: outcome.steps };
}

/** An error redirect: one of the codes, the state, the issuer, no code, and a clean description. */
function expectErrorRedirect(outcome: LoginOutcome, codes: readonly string[]): void {
  const { params } = outcome;
  expect(codes).toContain(params.get('error'));
  expect(params.get('state')).toBe('af0ifjsldkj');
  expect(params.get('iss')).toBe(server.issuer);
  const allowed = new Set(['error', 'error_description', 'error_uri', 'state', 'iss']);
  expect([...params.keys()].filter((name) => !allowed.has(name))).toEqual([]);
  expect(params.get('error_description') ?? '').toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/);
}

/** The module ends on a page of the provider, never on a redirect to the client. */
function expectErrorPage({ message, uri }: LoginOutcome): void {
  expect(message).toMatchObject({ type: 'error', error: 'invalid_request', error_description: expect.any(String) });
  expect(uri).toBe('');
}

describe.each([
  ['the default mode', {}],
  ['form_post', { response_mode: 'form_post' }],
])('core flow, %s', (_name, mode: Parameters) => {
  test.each(['client_secret_basic', 'client_secret_post', 'none'])('server, by %s', async (method) => {
    await happyFlow(await server.register({ token_endpoint_auth_method: method }), mode);
  });

  test('response-type-missing', async () => {
    const party = await server.register();
    const outcome = await party.login({ ...mode, response_type: undefined });
    expectErrorRedirect(outcome, ['invalid_request', 'unsupported_response_type']);
    expect(outcome.message['mode']).toBe(mode['response_mode'] ?? 'query');
  });

  test('idtoken-signature, idtoken-rs256', async () => {
    for (const metadata of [{}, { id_token_signed_response_alg: 'RS256' }]) {
      const { body } = await happyFlow(await server.register(metadata), mode);
      expect(headerOf(body['id_token'])).toMatchObject({ alg: 'RS256', kid: expect.any(String) });
    }
  });

  test.each<[string, Parameters]>([
    ['ensure-request-without-nonce-succeeds-for-code-flow', { nonce: undefined }],
    ['display-page', { display: 'page' }],
    ['display-popup', { display: 'popup' }],
    ['login-hint', { login_hint: 'buffy@localhost' }],
    ['ui-locales', { ui_locales: 'se' }],
    ['claims-locales', { claims_locales: 'se' }],
    ['unknown-parameter', { extra: 'foobar' }],
  ])('%s', async (_module, parameters) => {
    await happyFlow(await server.register(), { ...mode, ...parameters });
  });

  test('alternate-happy-flow: the parameters in reverse order', async () => {
    const party = await server.register();
    const query = party.query({ ...mode, scope: 'email openid' });
    const reversed = new URLSearchParams(Object.entries(query).reverse()).toString();
    const { body } = await party.redeem(checkResponse(await server.page.login(reversed), party));
    await checkTokens(body, party);
  });

  test('ensure-request-with-acr-values-succeeds', async () => {
    const authentication = { acr: '2' };
    const party = await server.register();
    const { claims } = await happyFlow(party, { ...mode, acr_values: '1 2' }, { authentication });
    expect(claims['acr']).toBe('2');
  });

  test('ensure-request-with-valid-pkce-succeeds', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~';
    const verifier = (alphabet + alphabet).slice(0, 128);
    const party = await server.register();
    const outcome = await party.login({
      ...mode,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    const { status, body } = await party.redeem(checkResponse(outcome, party), { code_verifier: verifier });
    expect(status).toBe(200);
    await checkTokens(body, party);
  });

  test('prompt-none-not-logged-in, with a long state', async () => {
    const party = await server.register();
    const state = `${'aB3-'.repeat(30)}xyz-._~1`;
    const { params } = await party.login({ ...mode, prompt: 'none', state });
    expect(params.get('error')).toBe('login_required');
    expect(params.get('state')).toBe(state);
  });

  test('user-rejects: the login page cancels', async () => {
    const party = await server.register();
    const query = new URLSearchParams(party.query(mode)).toString();
    const { sid } = (await server.call('POST', '/authz-sessions/rest/v3', { query })).body;
    const message = (await server.call('DELETE', `/authz-sessions/rest/v3/${text(sid)}`)).body;
    expect(JSON.stringify(message)).toContain('access_denied');
  });
});

describe('UserInfo', () => {
  test('userinfo-get, -post-header, -post-body', async () => {
    const party = await server.register();
    const { body: tokens } = await party.tokens({ scope: 'openid profile email address phone' });
    const token = text(tokens['access_token']);
    const form = 'application/x-www-form-urlencoded';
    const headers = { Authorization: `Bearer ${token}` };
    const responses = [
      await server.send('/userinfo', { headers }),
      await server.send('/userinfo', { method: 'POST', headers: { ...headers, 'Content-Type': form }, body: '' }),
      await server.send('/userinfo', { method: 'POST', body: new URLSearchParams({ access_token: token }) }),
    ];
    for (const response of responses) {
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(response.headers.get('cache-control')).toContain('no-store');
      expect(response.body['sub']).toBe(claimsOf(tokens['id_token'])['sub']);
    }
  });

  test.each([
    [
      'profile',
      'name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo locale updated_at',
    ],
    ['email', 'email email_verified'],
    ['address', 'address'],
    ['phone', 'phone_number phone_number_verified'],
  ])('scope-%s', async (scope, names) => {
    const { profile } = await happyFlow(await server.register(), { scope: `openid ${scope}` });
    expect(
      Object.keys(profile)
        .filter((name) => !name.includes('#'))
        .sort(),
    ).toEqual(['sub', ...names.split(' ')].sort());
  });

  test('claims-essential', async () => {
    const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
    const { profile } = await happyFlow(await server.register(), { claims });
    expect(profile['name']).toBe('Alice Adams');
  });

  test('without a token, and with a bad one', async () => {
    const bare = await server.send('/userinfo');
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="OAuth"']);
    const bad = await server.userInfo('no-such-token');
    expect(bad.status).toBe(401);
    expect(bad.headers.get('www-authenticate')).toContain('error="invalid_token"');
    const party = await server.register();
    const { access: token } = await party.tokens({ scope: 'email' });
    const small = await server.userInfo(token);
    expect(small.status).toBe(403);
    expect(small.headers.get('www-authenticate')).toMatch(
      /^Bearer realm="OAuth", error="insufficient_scope", error_description="[^"]*openid[^"]*", scope="openid"$/,
    );
    expect(small.body['error_description']).toContain('openid');
    const twice = await server.send('/userinfo', {
      method: 'POST',
      body: new URLSearchParams([
        ['access_token', 'a'],
        ['access_token', 'b'],
      ]),
    });
    expect(twice.status).toBe(400);
    expect(twice.headers.get('www-authenticate')).toContain('Bearer realm="OAuth", error="invalid_request"');
  });
});

describe('sessions', () => {
  test('prompt-login: the login page again, and a later auth_time', async () => {
    const party = await server.register({ require_auth_time: true });
    const first = await happyFlow(party);
    server.clock.advance(1);
    const second = await happyFlow(party, { prompt: 'login' }, { subSid: first.subSid });
    expect(second.steps[0]).toBe('auth');
    expect(number(second.claims['auth_time'])).toBeGreaterThan(number(first.claims['auth_time']));
  });

  test('max-age-1', async () => {
    const party = await server.register();
    const first = await happyFlow(party);
    const before = server.clock.now();
    server.clock.advance(2);
    const second = await happyFlow(party, { max_age: '1' }, { subSid: first.subSid });
    expect(second.steps[0]).toBe('auth');
    expect(number(second.claims['auth_time'])).toBe(before + 2);
  });

  test('max-age-10000', async () => {
    const party = await server.register();
    const first = await happyFlow(party, { max_age: '15000' });
    server.clock.advance(5);
    const second = await happyFlow(party, { max_age: '10000' }, { subSid: first.subSid });
    expect(second.steps).toEqual(['response']);
    expect(second.claims['auth_time']).toBe(first.claims['auth_time']);
    expect(second.claims['sub']).toBe(first.claims['sub']);
  });

  test('prompt-none-logged-in, id-token-hint', async () => {
    const party = await server.register();
    const first = await happyFlow(party);
    for (const more of [{}, { id_token_hint: text(first.body['id_token']) }]) {
      const second = await happyFlow(party, { prompt: 'none', ...more }, { subSid: first.subSid });
      expect(second.steps).toEqual(['response']);
      expect(second.claims['sub']).toBe(first.claims['sub']);
    }
  });
});

describe('codes and refresh tokens', () => {
  test.each([
    ['codereuse', 0],
    ['codereuse-30seconds', 30],
  ])('%s: refused, and what the code issued is revoked', async (_module, seconds) => {
    const party = await server.register();
    const code = checkResponse(await party.login(), party);
    const { body } = await party.redeem(code);
    server.clock.advance(seconds);
    const again = await party.redeem(code);
    expect([again.status, again.body['error']]).toEqual([400, 'invalid_grant']);
    expect(again.headers.get('content-type')).toMatch(/^application\/json/);
    expect((await server.userInfo(text(body['access_token']))).status).toBe(401);
    expect((await party.refresh(text(body['refresh_token']))).status).toBe(400);
  });

  test('refresh-token', async () => {
    const clients = [await server.register(), await server.register()];
    const tokens: string[] = [];
    for (const [i, party] of clients.entries()) {
      const { body } = await happyFlow(party, {}, { consent: { id_token: { allow_refresh: true } } });
      const token = text(body['refresh_token']);
      tokens.push(token);
      expect(token).toMatch(/^[\x20-\x7e]+$/);
      expect(entropy(token)).toBeGreaterThan(96);
      server.clock.advance(1);
      const reply = await party.refresh(token, i === 0 ? { scope: 'openid' } : {});
      expect(reply.status).toBe(200);
      expect(reply.headers.get('cache-control')).toContain('no-store');
      expect(reply.headers.get('content-type')).toMatch(/^application\/json/);
      const before = claimsOf(body['id_token']);
      const after = await checkTokens(reply.body, party);
      expect([after['iss'], after['sub'], after['aud'], after['azp']]).toEqual([
        before['iss'],
        before['sub'],
        before['aud'],
        before['azp'],
      ]);
      expect(after['iat']).not.toBe(before['iat']);
    }
    const [first] = clients;
    const foreign = await first?.refresh(text(tokens[1]));
    expect([foreign?.status, foreign?.body['error']]).toEqual([400, 'invalid_grant']);
  });
});

describe('redirect URIs', () => {
  const base = 'https://rp.example/cb';

  test('ensure-registered-redirect-uri', async () => {
    const party = await server.register();
    expectErrorPage(await party.login({ redirect_uri: `${base}/x7df` }));
  });

  test('ensure-redirect-uri-in-authorization-request', async () => {
    const party = await server.register({ redirect_uris: [base, `${base}2`] });
    expectErrorPage(await party.login({ redirect_uri: undefined }));
    const single = await server.register();
    expectErrorPage(await single.login({ redirect_uri: undefined }));
  });

  test('redirect-uri-query-OK: what was there is preserved', async () => {
    const party = await server.register({ redirect_uris: [`${base}?bar=foo`] });
    const outcome = await party.login();
    checkResponse(outcome, party);
    expect(outcome.params.get('bar')).toBe('foo');
    const refused = await party.login({ response_type: undefined });
    expect(refused.params.get('bar')).toBe('foo');
  });

  test.each([
    ['redirect-uri-query-mismatch', `${base}?bar=foo`, `${base}?foo=bar`],
    ['redirect-uri-query-added', base, `${base}?foo=bar`],
  ])('%s', async (_module, registered, sent) => {
    const party = await server.register({ redirect_uris: [registered] });
    expectErrorPage(await party.login({ redirect_uri: sent }));
  });
});

describe('request objects, which this server does not have', () => {
  test.each([
    ['unsigned-request-object', 'request', 'request_not_supported'],
    ['request-uri-unsigned', 'request_uri', 'request_uri_not_supported'],
  ])('%s is rejected as unsupported', async (_module, name, code) => {
    const party = await server.register();
    const value = name === 'request' ? 'eyJhbGciOiJub25lIn0.e30.' : 'https://suite.example/request.jwt#sha256';
    expectErrorRedirect(await party.login({ [name]: value }), [code]);
  });
});

test('a Basic header whose parts are not form-encoded is accepted when decoding changes nothing', async () => {
  const party = await server.register({ grant_types: ['client_credentials'], scope: 'read' });
  const response = await server.send('/token', {
    method: 'POST',
    headers: { Authorization: `Basic ${btoa(`${party.id}:${party.secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  expect(response.status).toBe(200);
});
