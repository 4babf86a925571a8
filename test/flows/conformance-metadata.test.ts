import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf } from '../../src/testing/caller/answer.ts';
import { headerOf } from '../../src/testing/caller/jwt.ts';
import { type Answered, object, text } from '../../src/testing/caller/values.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/*
 * What the OpenID Foundation's suite checks of discovery, keys and registration. What it only warns of fails here too. Its
 * checks for https are missing: the server under test is reached without TLS.
 */

let server: TestServer;
let keys: readonly Answered[];
beforeAll(async () => {
  server = await startTestServer({
    properties: {
      'op.authz.advertisedScopes': 'openid profile email address phone',
      'op.authz.advertisedClaims': 'sub name email',
      'op.authz.advertisedUILocales': 'en bg',
      'op.authz.advertisedACRs': '1 2',
      'op.reg.allowOpenRegistration': 'true',
      'sessionStore.quotaPerSubject': '25',
    },
  });
  const { keys: list } = object((await server.send('/jwks.json')).json);
  if (!Array.isArray(list)) throw new Error('no keys');
  keys = list.map(object);
});
afterAll(() => server.close());

describe('discovery-endpoint-verification', () => {
  /** The members of RFC 8414, OpenID Connect Discovery, RFC 9207 and Initiating User Registration that the suite knows. */
  const knownMembers = new Set(
    `issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri registration_endpoint scopes_supported
    response_types_supported response_modes_supported grant_types_supported acr_values_supported subject_types_supported
    id_token_signing_alg_values_supported id_token_encryption_alg_values_supported id_token_encryption_enc_values_supported
    userinfo_signing_alg_values_supported userinfo_encryption_alg_values_supported userinfo_encryption_enc_values_supported
    request_object_signing_alg_values_supported request_object_encryption_alg_values_supported
    request_object_encryption_enc_values_supported token_endpoint_auth_methods_supported
    token_endpoint_auth_signing_alg_values_supported display_values_supported claim_types_supported claims_supported
    service_documentation claims_locales_supported ui_locales_supported claims_parameter_supported
    request_parameter_supported request_uri_parameter_supported require_request_uri_registration op_policy_uri op_tos_uri
    revocation_endpoint revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported
    introspection_endpoint introspection_endpoint_auth_methods_supported
    introspection_endpoint_auth_signing_alg_values_supported code_challenge_methods_supported signed_metadata
    authorization_response_iss_parameter_supported prompt_values_supported`.split(/\s+/),
  );

  const metadata = async () => {
    const response = await server.send('/.well-known/openid-configuration');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    return response.body;
  };

  test('the required members are there', async () => {
    const all = await metadata();
    expect(all['issuer']).toBe(server.issuer);
    for (const name of Object.keys(all).filter((key) => key.endsWith('_endpoint') || key === 'jwks_uri')) {
      expect(text(all[name]).startsWith(`${server.issuer}/`)).toBe(true);
    }
    expect(all).toMatchObject({
      authorization_endpoint: expect.any(String),
      token_endpoint: expect.any(String),
      userinfo_endpoint: expect.any(String),
      registration_endpoint: expect.any(String),
      response_types_supported: expect.arrayContaining(['code']),
      subject_types_supported: expect.arrayContaining(['public']),
      id_token_signing_alg_values_supported: expect.arrayContaining(['RS256']),
      grant_types_supported: expect.arrayContaining(['authorization_code', 'refresh_token']),
      scopes_supported: expect.arrayContaining(['openid']),
      claims_supported: expect.arrayContaining(['sub']),
      code_challenge_methods_supported: expect.arrayContaining(['S256']),
      token_endpoint_auth_methods_supported: expect.arrayContaining(['client_secret_basic', 'client_secret_post']),
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
    });
    for (const locale of [all['ui_locales_supported'] ?? []].flat()) {
      expect(Intl.getCanonicalLocales(String(locale))).toEqual([locale]);
    }
  });

  test('no member is unknown to the suite, and lists are lists', async () => {
    const all = await metadata();
    expect(Object.keys(all).filter((name) => !knownMembers.has(name))).toEqual([]);
    for (const [name, value] of Object.entries(all)) {
      if (!name.endsWith('_supported')) continue;
      if (Array.isArray(value)) expect(value.every((item) => typeof item === 'string' && item !== '')).toBe(true);
      else expect([name, typeof value]).toEqual([name, 'boolean']);
    }
  });

  test('both documents are the same', async () => {
    const oauth = await server.send('/.well-known/oauth-authorization-server');
    expect(oauth.body).toEqual(await metadata());
  });

  test('what is advertised is served', async () => {
    const all = await metadata();
    for (const alg of [all['id_token_signing_alg_values_supported']].flat()) {
      const party = await server.register({ id_token_signed_response_alg: alg });
      expect(headerOf((await party.tokens()).id)['alg']).toBe(alg);
    }
    const party = await server.register();
    for (const mode of [all['response_modes_supported']].flat()) {
      expect((await party.login({ response_mode: String(mode) })).message).toMatchObject({ mode });
    }
  });
});

test('the key set is public, well formed, and its kids distinct', () => {
  const secret = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
  const material: Readonly<Record<string, readonly string[]>> = {
    RSA: ['n', 'e'],
    EC: ['crv', 'x', 'y'],
    OKP: ['crv', 'x'],
  };
  for (const key of keys) {
    expect(secret.filter((name) => name in key)).toEqual([]);
    for (const name of material[text(key['kty'])] ?? ['(unknown kty)']) {
      expect(key[name]).toMatch(/^[\w-]+$/);
    }
    expect(text(key['kid']).trim()).not.toBe('');
  }
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
});

describe('registration', () => {
  const metadata = {
    client_name: 'OIDF Conformance Test abc',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: ['https://suite.example/test/a/tessera/callback'],
    contacts: ['certification@oidf.org'],
    token_endpoint_auth_method: 'client_secret_basic',
    // One RS256 key without kid, as the suite sends it.
    jwks: {
      keys: [{ kty: 'RSA', e: 'AQAB', use: 'sig', alg: 'RS256', n: Buffer.alloc(256, 0xc3).toString('base64url') }],
    },
  };

  const register = (body: object) =>
    server.send('/clients', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(body),
    });

  test('the response, its reading and its end', async () => {
    const response = await register(metadata);
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const client = response.body;
    expect(client).toMatchObject({
      client_id: expect.any(String),
      client_secret: expect.any(String),
      client_secret_expires_at: 0,
      registration_client_uri: expect.stringContaining(server.issuer),
      registration_access_token: expect.any(String),
    });
    const uri = text(client['registration_client_uri']);
    const headers = { Authorization: `Bearer ${text(client['registration_access_token'])}` };
    const read = await answerOf(await fetch(uri, { headers }));
    expect(read.status).toBe(200);
    expect(read.json).toMatchObject({ client_id: client['client_id'], client_name: metadata.client_name });
    expect((await fetch(uri, { method: 'DELETE', headers })).status).toBe(204);
    expect((await fetch(uri, { headers })).status).toBe(401);
  });

  test('redirect-uri-regfrag', async () => {
    const response = await register({ ...metadata, redirect_uris: ['https://suite.example/callback#foobar'] });
    expect(response.status).toBe(400);
    expect(['invalid_redirect_uri', 'invalid_client_metadata']).toContain(response.body['error']);
  });

  test('3rd_party-init-login, and -nohttps', async () => {
    const initiate = 'https://suite.example/initiate';
    const client = (await register({ ...metadata, initiate_login_uri: initiate })).body;
    expect(client['initiate_login_uri']).toBe(initiate);
    const headers = { Authorization: `Bearer ${text(client['registration_access_token'])}` };
    const read = await answerOf(await fetch(text(client['registration_client_uri']), { headers }));
    expect(read.json).toMatchObject({ initiate_login_uri: initiate });
    const refused = await register({ ...metadata, initiate_login_uri: 'http://suite.example/initiate' });
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({ error: 'invalid_client_metadata' });
  });

  test('logo, policy and terms are for the login page to show', async () => {
    const uris = {
      logo_uri: 'https://suite.example/logo.png',
      policy_uri: 'https://suite.example/policy',
      tos_uri: 'https://suite.example/tos',
    };
    const party = await server.register({ ...metadata, ...uris });
    const query = new URLSearchParams(party.query()).toString();
    const { sid } = (await server.call('POST', '/authz-sessions/rest/v3', { query })).body;
    const consent = (await server.call('PUT', `/authz-sessions/rest/v3/${text(sid)}`, { sub: 'alice' })).body;
    expect(consent['client']).toMatchObject(uris);
  });
});
