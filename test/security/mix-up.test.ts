import { afterAll, beforeAll, expect, test } from 'vitest';
import { driveLogin } from '../../src/testing/login-driver.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { type AttackClient, authorizationRequest, authorize, decodeJwt, login, registerClient } from './attack-kit.ts';

let server: TestServer;
let client: AttackClient;

beforeAll(async () => {
  server = await startTestServer({ path: '/c2id' });
  client = await registerClient(server);
});
afterAll(() => server.close());

const base = '/authz-sessions/rest/v3';

test('discovery promises iss in responses', async () => {
  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
    expect(await server.json('GET', path)).toMatchObject({
      issuer: server.issuer,
      authorization_response_iss_parameter_supported: true,
    });
  }
});

test.each(['query', 'fragment', 'form_post'])('%s responses name the issuer, once', async (response_mode) => {
  const { params, message } = await authorize(server, client, { response_mode });
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
    const { params, message } = await driveLogin(server, authorizationRequest(client, { response_mode, ...extra }));
    expect(message['type']).toBe('response');
    expect([params.get('error'), params.getAll('iss'), params.get('state')]).toEqual([error, [server.issuer], 'st']);
    expect(params.get('code')).toBeNull();
  }
});

test('a refusal by the user and one by the login page name the issuer', async () => {
  for (const query of ['', '?error=access_denied', '?error=server_error&error_description=x']) {
    const request = new URLSearchParams(authorizationRequest(client)).toString();
    const { sid } = await server.json('POST', base, { query: request });
    const message = await server.json('DELETE', `${base}/${String(sid)}${query}`);
    const { parameters } = message;
    const uri = typeof parameters === 'object' && parameters !== null && 'uri' in parameters ? parameters.uri : '';
    expect(new URL(String(uri)).searchParams.get('iss')).toBe(server.issuer);
  }
});

test('neither the client nor the login page can say another iss, state or code', async () => {
  const { params } = await authorize(server, client, { iss: 'https://evil.example', code: 'evil' });
  expect(params.getAll('iss')).toEqual([server.issuer]);
  expect(params.getAll('code').join()).not.toContain('evil');

  for (const name of ['iss', 'state', 'code', 'error', 'id_token', 'access_token', 'response', '']) {
    const request = new URLSearchParams(authorizationRequest(client)).toString();
    const { sid } = await server.json('POST', base, { query: request });
    await server.json('PUT', `${base}/${String(sid)}`, { sub: 'carol' });
    const answer = await server.api('PUT', `${base}/${String(sid)}`, {
      scope: ['openid'],
      response_params: { [name]: 'evil' },
    });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_request' }]);
  }
});

test('the tokens name the same issuer', async () => {
  const tokens = await login(server, client);
  expect(decodeJwt(tokens.id).claims).toMatchObject({ iss: server.issuer, aud: client.id });
  expect(decodeJwt(tokens.access).claims).toMatchObject({ iss: server.issuer });
});
