import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import type { LoginChoices } from '../../src/testing/caller/login-page.ts';
import { object, text } from '../../src/testing/caller/values.ts';
import { people } from '../../src/testing/people.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/** What the library verifies itself, with the keys of the JWKS. */
const signatures = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

const redirectUri = 'https://rp.example/cb';
const insecure = { [oauth.allowInsecureRequests]: true };

let server: TestServer;
let as: oauth.AuthorizationServer;
beforeAll(async () => {
  server = await startTestServer({
    claimsSources: [people],
    path: '/c2id',
    properties: {
      'op.idToken.jwsAlgs': 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES256K ES384 ES512 EdDSA HS256 HS384 HS512',
    },
  });
  const issuer = new URL(server.issuer);
  const response = await oauth.discoveryRequest(issuer, insecure);
  as = await oauth.processDiscoveryResponse(issuer, response);
});
afterAll(() => server.close());

interface RegisteredClient {
  readonly client: oauth.Client;
  readonly auth: oauth.ClientAuth;
}

async function register(metadata: Readonly<Record<string, oauth.JsonValue>> = {}): Promise<RegisteredClient> {
  const response = await oauth.dynamicClientRegistrationRequest(
    as,
    {
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      scope: 'openid email read write',
      ...metadata,
    },
    { initialAccessToken: demoApiToken, ...insecure },
  );
  const client = await oauth.processDynamicClientRegistrationResponse(response);
  return { client, auth: authentication(client) };
}

/** The method that the registration response says. */
function authentication(client: oauth.Client): oauth.ClientAuth {
  const method = client['token_endpoint_auth_method'];
  if (method === 'none') return oauth.None();
  const secret = text(client['client_secret']);
  return method === 'client_secret_post' ? oauth.ClientSecretPost(secret) : oauth.ClientSecretBasic(secret);
}

interface Authorized {
  readonly tokens: oauth.TokenEndpointResponse;
  readonly claims: oauth.IDToken;
  readonly subSid: string | undefined;
  readonly steps: readonly string[];
}

async function authorize(
  { client, auth }: RegisteredClient,
  parameters: Readonly<Record<string, string>> = {},
  choices: LoginChoices = {},
): Promise<Authorized> {
  const verifier = oauth.generateRandomCodeVerifier();
  const nonce = oauth.generateRandomNonce();
  const state = oauth.generateRandomState();
  const url = new URL(text(as.authorization_endpoint));
  const query = {
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid email',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    nonce,
    state,
    ...parameters,
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const { uri, params, message, subSid, steps } = await server.page.login(url.search, choices);
  const answer =
    message['mode'] === 'form_post'
      ? new URLSearchParams(await new Request(uri, { method: 'POST', body: params }).text())
      : params;
  const callback = oauth.validateAuthResponse(as, client, answer, state);
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    auth,
    callback,
    redirectUri,
    verifier,
    insecure,
  );
  const maxAge = parameters['max_age'];
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
    ...(maxAge === undefined ? {} : { maxAge: Number(maxAge) }),
  });
  const alg = text(client['id_token_signed_response_alg']);
  if (signatures.includes(alg)) await oauth.validateApplicationLevelSignature(as, response, insecure);
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  if (!claims) throw new Error('no ID token');
  return { tokens, claims, subSid, steps };
}

async function refresh({ client, auth }: RegisteredClient, token: unknown) {
  const response = await oauth.refreshTokenGrantRequest(as, client, auth, text(token), insecure);
  const tokens = await oauth.processRefreshTokenResponse(as, client, response);
  if (tokens.id_token !== undefined) await oauth.validateApplicationLevelSignature(as, response, insecure);
  return tokens;
}

async function profileOf({ client }: RegisteredClient, accessToken: string, sub = 'alice') {
  const response = await oauth.userInfoRequest(as, client, accessToken, insecure);
  return oauth.processUserInfoResponse(as, client, sub, response);
}

async function introspect({ client, auth }: RegisteredClient, token: string) {
  const response = await oauth.introspectionRequest(as, client, auth, token, insecure);
  return oauth.processIntrospectionResponse(as, client, response);
}

async function revoke({ client, auth }: RegisteredClient, token: unknown) {
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, text(token), insecure));
}

describe('ID tokens', () => {
  test.each(signatures)('signed by %s are verified from the JWKS, and so are refreshed ones', async (alg) => {
    const registered = await register({ id_token_signed_response_alg: alg });
    const { tokens, claims } = await authorize(registered, {}, { consent: { id_token: { allow_refresh: true } } });
    expect(claims).toMatchObject({ iss: server.issuer, sub: 'alice', aud: registered.client.client_id });
    const again = await refresh(registered, tokens.refresh_token);
    expect(oauth.getValidatedIdTokenClaims(again)?.sub).toBe('alice');
  });

  test.each(['HS256', 'HS384', 'HS512', 'ES256K'])('signed by %s have the right claims', async (alg) => {
    const { claims } = await authorize(await register({ id_token_signed_response_alg: alg }));
    expect(claims).toMatchObject({ sub: 'alice' });
  });
});

const withSecret = ['client_secret_basic', 'client_secret_post'];

test.each([...withSecret, 'none'])('a client that authenticates by %s goes the whole way', async (method) => {
  const registered = await register({
    token_endpoint_auth_method: method,
    grant_types: ['authorization_code', 'refresh_token'],
  });
  expect(registered.client['client_secret'] !== undefined).toBe(method !== 'none');
  const { tokens, steps } = await authorize(registered);
  expect(steps).toEqual(['auth', 'consent', 'response']);
  const profile = await profileOf(registered, tokens.access_token);
  expect(profile).toEqual({ sub: 'alice', email: 'alice@wonderland.net', email_verified: true });
  const refreshed = await refresh(registered, tokens.refresh_token);
  expect(await profileOf(registered, refreshed.access_token)).toEqual(profile);
  await revoke(registered, tokens.refresh_token);
  await expect(refresh(registered, tokens.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
  await expect(profileOf(registered, refreshed.access_token)).rejects.toMatchObject({ status: 401 });
});

test.each(withSecret)('a client that authenticates by %s introspects, and gets tokens for itself', async (method) => {
  const registered = await register({ token_endpoint_auth_method: method });
  const { client, auth } = registered;
  const form = new URLSearchParams({ scope: 'read write' });
  const response = await oauth.clientCredentialsGrantRequest(as, client, auth, form, insecure);
  const { access_token: token } = await oauth.processClientCredentialsResponse(as, client, response);
  expect(await introspect(registered, token)).toMatchObject({ active: true, scope: 'read write' });
  await revoke(registered, token);
  expect(await introspect(registered, token)).toEqual({ active: false });
});

test.each(['query', 'form_post'])('reads the response mode %s', async (mode) => {
  const { claims } = await authorize(await register(), { response_mode: mode });
  expect(claims.sub).toBe('alice');
});

test('gets no second prompt: a session, prompt=none, id_token_hint and max_age', async () => {
  const registered = await register({ default_max_age: 7200 });
  const first = await authorize(registered);
  expect(first.claims.auth_time).toBe(server.clock.now());
  server.clock.advance(20);
  const silent = await authorize(
    registered,
    { prompt: 'none', id_token_hint: text(first.tokens.id_token), max_age: '60' },
    { subSid: text(first.subSid) },
  );
  expect(silent.steps).toEqual(['response']);
  expect(silent.claims.auth_time).toBe(first.claims.auth_time);
  server.clock.advance(40);
  const renewed = await authorize(registered, { max_age: '60' }, { subSid: text(first.subSid) });
  expect(renewed.steps).toEqual(['auth', 'response']);
  expect(renewed.claims.auth_time).toBe(server.clock.now());
});

test('require_auth_time puts auth_time into every ID token, refreshed ones too', async () => {
  const registered = await register({ require_auth_time: true });
  const { tokens, claims } = await authorize(registered, {}, { consent: { id_token: { allow_refresh: true } } });
  server.clock.advance(5);
  const again = oauth.getValidatedIdTokenClaims(await refresh(registered, tokens.refresh_token));
  expect(again?.auth_time).toBe(claims.auth_time);
});

test('hears login_required', async () => {
  await expect(authorize(await register(), { prompt: 'none' })).rejects.toMatchObject({ error: 'login_required' });
});

test('a response without iss, or with that of another server, is refused', async () => {
  const { client } = await register();
  const { params } = await server.page.login({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectUri,
    scope: 'openid',
  });
  expect(params.get('iss')).toBe(server.issuer);
  const without = new URLSearchParams(params);
  without.delete('iss');
  expect(() => oauth.validateAuthResponse(as, client, without)).toThrow(/iss/);
  const other = new URLSearchParams(params);
  other.set('iss', 'https://other.example');
  expect(() => oauth.validateAuthResponse(as, client, other)).toThrow(/iss/);
});

test('self-contained access tokens hold as RFC 9068 has it', async () => {
  const rfc9068 = await startTestServer({ properties: { 'authzStore.accessToken.codec.jwt.profile': 'oauth-1.0' } });
  try {
    const issuer = new URL(rfc9068.issuer);
    const metadata = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
    const client = (
      await rfc9068.call('POST', '/clients', {
        grant_types: ['client_credentials'],
        scope: 'read',
        resources: ['https://api.example/'],
      })
    ).body;
    const form = new URLSearchParams({ scope: 'read', resource: 'https://api.example/' });
    const response = await oauth.clientCredentialsGrantRequest(
      metadata,
      { client_id: text(client['client_id']) },
      oauth.ClientSecretBasic(text(client['client_secret'])),
      form,
      insecure,
    );
    const { access_token: token } = object(await response.json());
    const request = new Request('https://api.example/', { headers: { Authorization: `Bearer ${text(token)}` } });
    const claims = await oauth.validateJwtAccessToken(metadata, request, 'https://api.example/', insecure);
    expect(claims).toMatchObject({ iss: rfc9068.issuer, scope: 'read', client_id: client['client_id'] });
  } finally {
    await rfc9068.close();
  }
});
