import { compactVerify } from 'jose';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import type { LoginChoices } from '../../src/testing/caller/login-page.ts';
import { text } from '../../src/testing/caller/values.ts';
import { people } from '../../src/testing/people.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/** What the library verifies itself, with the keys of the JWKS. */
const signatures = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** Where it checks the claims and trusts the TLS connection for the rest (OpenID Connect Core, section 3.1.3.7, 6). */
const overTls = ['HS256', 'HS384', 'HS512', 'ES256K'];

const redirectUri = 'https://rp.example/cb';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    claimsSources: [people],
    properties: {
      'op.authz.advertisedScopes': 'openid profile email offline_access',
      'op.idToken.jwsAlgs': [...signatures, ...overTls].join(' '),
    },
  });
});
afterAll(() => server.close());

async function register(metadata: object, auth?: client.ClientAuth): Promise<client.Configuration> {
  return client.dynamicClientRegistration(
    new URL(server.issuer),
    {
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      scope: 'openid profile email read write',
      // What the library uses unless it is given a method.
      token_endpoint_auth_method: 'client_secret_post',
      ...metadata,
    },
    auth,
    { initialAccessToken: demoApiToken, execute: [client.allowInsecureRequests] },
  );
}

interface Authorized {
  readonly tokens: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;
  readonly subSid: string | undefined;
  readonly steps: readonly string[];
}

/** Through the login page and back, with every check that the library offers. */
async function authorize(
  config: client.Configuration,
  parameters: Readonly<Record<string, string>> = {},
  choices: LoginChoices = {},
): Promise<Authorized> {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid email',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    ...parameters,
  });
  const { uri, message, params, subSid, steps } = await server.page.login(url.search, choices);
  const callback = message['mode'] === 'form_post' ? new Request(uri, { method: 'POST', body: params }) : new URL(uri);
  const maxAge = parameters['max_age'];
  const tokens = await client.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier,
    expectedState,
    expectedNonce,
    idTokenExpected: true,
    ...(maxAge === undefined ? {} : { maxAge: Number(maxAge) }),
  });
  return { tokens, subSid, steps };
}

describe('ID tokens', () => {
  test.each(signatures)('signed by %s are verified from the JWKS, and so are refreshed ones', async (alg) => {
    const config = await register({ id_token_signed_response_alg: alg });
    client.enableNonRepudiationChecks(config);
    const { tokens } = await authorize(config, {}, { consent: { id_token: { allow_refresh: true } } });
    expect(tokens.claims()).toMatchObject({ iss: server.issuer, sub: 'alice', aud: config.clientMetadata().client_id });
    expect(header(tokens.id_token)).toMatchObject({ alg, kid: expect.any(String) });
    const refreshed = await client.refreshTokenGrant(config, text(tokens.refresh_token));
    expect(refreshed.claims()?.sub).toBe('alice');
    expect(header(refreshed.id_token)).toMatchObject({ alg });
  });

  test.each(overTls)('signed by %s have the right claims', async (alg) => {
    const config = await register({ id_token_signed_response_alg: alg });
    const { tokens } = await authorize(config);
    expect(tokens.claims()?.sub).toBe('alice');
    expect(header(tokens.id_token)).toMatchObject({ alg });
    if (!alg.startsWith('HS')) return;
    // The library leaves HMACs alone, so the secret is tried by other means.
    const secret = new TextEncoder().encode(text(config.clientMetadata().client_secret));
    expect((await compactVerify(text(tokens.id_token), secret)).protectedHeader.alg).toBe(alg);
  });

  test('discovery names the algorithms of both lists, and no other', async () => {
    const config = await register({});
    const { id_token_signing_alg_values_supported: named } = config.serverMetadata();
    expect([...(named ?? [])].sort()).toEqual([...signatures, ...overTls].sort());
  });
});

function header(jwt: string | undefined): unknown {
  return JSON.parse(Buffer.from(text(jwt).split('.', 1)[0] ?? '', 'base64url').toString());
}

const withSecret = ['client_secret_basic', 'client_secret_post'];

function registerWith(method: string): Promise<client.Configuration> {
  if (method === 'client_secret_post') return register({});
  if (method === 'client_secret_basic') return register({ token_endpoint_auth_method: method }, basic);
  const grants = ['authorization_code', 'refresh_token'];
  return register({ token_endpoint_auth_method: 'none', grant_types: grants }, client.None());
}

test.each([...withSecret, 'none'])('a client that authenticates by %s goes the whole way', async (method) => {
  const config = await registerWith(method);
  const { tokens, steps } = await authorize(config, { scope: 'openid email' });
  expect(steps).toEqual(['auth', 'consent', 'response']);
  expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 600, scope: 'openid email' });
  const profile = await client.fetchUserInfo(config, tokens.access_token, 'alice');
  expect(profile).toEqual({ sub: 'alice', email: 'alice@wonderland.net', email_verified: true });

  const refreshed = await client.refreshTokenGrant(config, text(tokens.refresh_token), { scope: 'openid' });
  expect(refreshed.scope).toBe('openid');
  expect(refreshed.access_token).not.toBe(tokens.access_token);

  await client.tokenRevocation(config, text(tokens.refresh_token));
  await expect(client.refreshTokenGrant(config, text(tokens.refresh_token))).rejects.toMatchObject({
    error: 'invalid_grant',
  });
  await expect(client.fetchUserInfo(config, tokens.access_token, 'alice')).rejects.toMatchObject({ status: 401 });
});

test.each(withSecret)('a client that authenticates by %s introspects, and gets tokens for itself', async (method) => {
  const config = await registerWith(method);
  const own = await client.clientCredentialsGrant(config, { scope: 'read' });
  expect(own).toMatchObject({ token_type: 'bearer', scope: 'read' });
  expect(own.refresh_token).toBeUndefined();
  const { client_id } = config.clientMetadata();
  const info = await client.tokenIntrospection(config, own.access_token);
  expect(info).toMatchObject({ active: true, client_id, sub: client_id, scope: 'read', token_type: 'Bearer' });
  await client.tokenRevocation(config, own.access_token, { token_type_hint: 'access_token' });
  expect(await client.tokenIntrospection(config, own.access_token)).toEqual({ active: false });
  expect(await client.tokenIntrospection(config, 'no.such.token')).toEqual({ active: false });
});

test.each(withSecret)('a client that authenticates by %s is refused with another secret', async (method) => {
  const { client_id } = (await registerWith(method)).clientMetadata();
  const auth = method === 'client_secret_post' ? client.ClientSecretPost('wrong') : client.ClientSecretBasic('wrong');
  const execute = [client.allowInsecureRequests];
  const other = await client.discovery(new URL(server.issuer), client_id, 'wrong', auth, { execute });
  const refusal = client.clientCredentialsGrant(other, { scope: 'read' });
  // However it tried, the library finds the challenge that every 401 has, and can take it apart.
  const challenge = { scheme: 'basic', parameters: { realm: 'OAuth', charset: 'UTF-8' } };
  await expect(refusal).rejects.toMatchObject({ status: 401, cause: [challenge] });
});

/** HTTP Basic with the secret that registration returned: the library's own choice would be the form. */
const basic: client.ClientAuth = (as, metadata, body, headers) =>
  client.ClientSecretBasic(text(metadata.client_secret))(as, metadata, body, headers);

test('reads form_post', async () => {
  const config = await register({});
  const { tokens } = await authorize(config, { response_mode: 'form_post' });
  expect(tokens.claims()?.sub).toBe('alice');
});

test('gets no second prompt: a session, prompt=none, id_token_hint and max_age', async () => {
  const config = await register({});
  const first = await authorize(config, { max_age: '3600' });
  const authTime = first.tokens.claims()?.auth_time;
  expect(authTime).toBe(server.clock.now());
  server.clock.advance(30);
  const silent = await authorize(
    config,
    { prompt: 'none', id_token_hint: text(first.tokens.id_token), max_age: '3600' },
    { subSid: text(first.subSid) },
  );
  expect(silent.steps).toEqual(['response']);
  expect(silent.tokens.claims()).toMatchObject({ sub: 'alice', auth_time: authTime });
});

test('hears login_required and consent_required', async () => {
  const config = await register({});
  await expect(authorize(config, { prompt: 'none' })).rejects.toMatchObject({ error: 'login_required' });
  const { subSid } = await authorize(await register({}));
  await expect(authorize(config, { prompt: 'none' }, { subSid: text(subSid) })).rejects.toMatchObject({
    error: 'consent_required',
  });
});

test.each(['another', undefined])('a response with the issuer %s is refused', async (issuer) => {
  const config = await register({});
  const url = client.buildAuthorizationUrl(config, { redirect_uri: redirectUri, scope: 'openid', state: 'abc' });
  const { uri } = await server.page.login(url.search);
  const callback = new URL(uri);
  expect(callback.searchParams.get('iss')).toBe(server.issuer);
  callback.searchParams.delete('iss');
  if (issuer !== undefined) callback.searchParams.set('iss', `https://${issuer}.example`);
  const refusal = client.authorizationCodeGrant(config, callback, { expectedState: 'abc' });
  await expect(refusal).rejects.toMatchObject({ cause: { message: expect.stringMatching(/iss/) } });
});

test('the verifier of another request is refused', async () => {
  const config = await register({});
  const challenge = await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier());
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  const { uri } = await server.page.login(url.search);
  const swapped = { pkceCodeVerifier: client.randomPKCECodeVerifier() };
  await expect(client.authorizationCodeGrant(config, new URL(uri), swapped)).rejects.toMatchObject({
    error: 'invalid_grant',
  });
});
