import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { claimsOf } from '../../src/testing/caller/jwt.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer({ path: '/c2id' });
  client = await server.register(versatile);
});
afterAll(() => server.close());

const base = '/authz-sessions/rest/v3';

test('discovery promises iss in responses', async () => {
  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
    expect((await server.call('GET', path)).body).toMatchObject({
      issuer: server.issuer,
      authorization_response_iss_parameter_supported: true,
    });
  }
});

test.each(['query', 'fragment', 'form_post'])('%s responses name the issuer, once', async (response_mode) => {
  const { params, message } = await client.authorize({ response_mode });
  expect(params.getAll('iss')).toEqual([server.issuer]);
  expect(message['mode']).toBe(response_mode);
});

test.each<[string, Record<string, string>, string]>([
  ['an unsupported response type', { response_type: 'token' }, 'unsupported_response_type'],
  ['no response type', { response_type: '' }, 'invalid_request'],
  ['an unsupported response mode', { response_mode: 'web_message' }, 'invalid_request'],
  ['silence without a session', { prompt: 'none' }, 'login_required'],
  ['a request object', { request: 'ey.ey.x' }, 'request_not_supported'],
  ['a request URI', { request_uri: 'https://evil.example/jar' }, 'request_uri_not_supported'],
  ['a bad hint', { id_token_hint: 'rubbish' }, 'invalid_request'],
  ['a bad prompt', { prompt: 'none login' }, 'invalid_request'],
])('the error response for %s names the issuer and echoes the state', async (_what, extra, error) => {
  for (const response_mode of ['query', 'fragment', 'form_post']) {
    const { params, message } = await client.login({ response_mode, ...extra });
    expect(message['type']).toBe('response');
    expect([params.get('error'), params.getAll('iss'), params.get('state')]).toEqual([
      error,
      [server.issuer],
      'af0ifjsldkj',
    ]);
    expect(params.get('code')).toBeNull();
  }
});

test('a refusal by the user and one by the login page name the issuer', async () => {
  for (const query of ['', '?error=access_denied', '?error=server_error&error_description=x']) {
    const request = new URLSearchParams(client.query()).toString();
    const { sid } = (await server.call('POST', base, { query: request })).body;
    const message = (await server.call('DELETE', `${base}/${String(sid)}${query}`)).body;
    const { parameters } = message;
    const uri = typeof parameters === 'object' && parameters !== null && 'uri' in parameters ? parameters.uri : '';
    expect(new URL(String(uri)).searchParams.get('iss')).toBe(server.issuer);
  }
});

test('neither the client nor the login page can say another iss, state or code', async () => {
  const { params } = await client.authorize({ iss: 'https://evil.example', code: 'evil' });
  expect(params.getAll('iss')).toEqual([server.issuer]);
  expect(params.getAll('code').join()).not.toContain('evil');

  for (const name of ['iss', 'state', 'code', 'error', 'id_token', 'access_token', 'response', '']) {
    const request = new URLSearchParams(client.query()).toString();
    const { sid } = (await server.call('POST', base, { query: request })).body;
    (await server.call('PUT', `${base}/${String(sid)}`, { sub: 'carol' })).body;
    const answer = await server.call('PUT', `${base}/${String(sid)}`, {
      scope: ['openid'],
      response_params: { [name]: 'evil' },
    });
    expect([answer.status, answer.json]).toMatchObject([400, { error: 'invalid_request' }]);
  }
});

test('the tokens name the same issuer', async () => {
  const tokens = await client.tokens();
  expect(claimsOf(tokens.id)).toMatchObject({
    iss: server.issuer,
    aud: client.id,
  });
  expect(claimsOf(tokens.access)).toMatchObject({
    iss: server.issuer,
  });
});
