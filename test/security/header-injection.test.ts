import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from './captured-log.ts';

let server: TestServer;
let client: TestClient;
const captured = captureLog();

beforeAll(async () => {
  server = await startTestServer({
    log: captured.log,
    properties: { 'op.authz.includeClientInfoInAuthPrompt': 'true' },
  });
  client = await server.register(versatile);
});
afterAll(() => server.close());

const authz = '/authz-sessions/rest/v3';
const splits = [
  'a\r\nSet-Cookie: evil=1',
  'a\nLocation: https://evil.example',
  'a\r\n\r\n<html>evil</html>',
  'a%0d%0aSet-Cookie: evil=1',
  'a\u560d\u560aSet-Cookie: evil=1',
  '\u2028evil\u2029',
  '\u0000evil',
  '#evil=1',
  '&evil=1',
  '?evil=1',
  '"><script>alert("evil")</script>',
  "';alert('evil')//",
];

describe.each(splits)('%j', (text) => {
  test.each(['query', 'fragment', 'form_post'])('as state comes back as one value in %s', async (response_mode) => {
    const { uri, params, message } = await client.authorize({ state: text, response_mode });
    expect(params.getAll('state')).toEqual([text]);
    expect([...params.keys()].sort()).toEqual(['code', 'iss', 'state']);
    expect(uri).toMatch(/^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/);
    if (response_mode === 'form_post') expect(Object(message['parameters']).form.state).toBe(text);
  });

  test('as state of an error does not leave its place either', async () => {
    const { uri, params } = await client.login({ state: text, prompt: 'none' });
    expect([params.get('error'), params.get('state')]).toEqual(['login_required', text]);
    expect(params.has('evil')).toBe(false);
    expect(uri.split(/[?#]/)).toHaveLength(2);
  });

  test('as another parameter is no part of an answer to the client', async () => {
    for (const name of ['prompt', 'display', 'max_age', 'response_type', 'scope', 'claims', 'id_token_hint']) {
      const { uri } = await client.login({ [name]: text });
      expect(uri).not.toContain('evil');
    }
  });

  test('as error_description of the login page is refused where RFC 6749 has no such characters', async () => {
    const query = new URLSearchParams(client.query()).toString();
    const { sid } = (await server.call('POST', authz, { query })).body;
    const legal = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(text);
    const parameters = new URLSearchParams({ error: 'access_denied', error_description: text });
    const answer = await server.call('DELETE', `${authz}/${String(sid)}?${parameters}`);
    expect(answer.status).toBe(legal ? 200 : 400);
    const body = JSON.stringify(answer.json);
    expect(body).not.toMatch(/[?&#]evil=/);
  });

  test('as client metadata is refused or passed on as data', async () => {
    const answer = await server.call('POST', '/clients', {
      redirect_uris: ['https://rp.example/cb'],
      client_name: text,
    });
    const { client_name: name, error } = Object(answer.json);
    if (answer.status === 201) expect(name).toBe(text);
    else expect([answer.status, error]).toEqual([400, 'invalid_client_metadata']);
    if (/[\p{Cc}]/u.test(text)) expect(answer.status).toBe(400);
    for (const member of ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri', 'jwks_uri', 'initiate_login_uri']) {
      const metadata = { redirect_uris: ['https://rp.example/cb'], [member]: text };
      expect((await server.call('POST', '/clients', metadata)).status).toBe(400);
    }
  });

  test('as subject, acr or data reaches no header, and no line of the log of its own', async () => {
    const before = captured.lines.length;
    const session = await server.call('POST', '/session-store/rest/v2/sessions', { sub: text, acr: text });
    expect(session.status).toBe(201);
    for (const [, value] of session.headers) expect(value).not.toContain('evil');
    await server.page.login({ client_id: text, redirect_uri: text });
    for (const line of captured.lines.slice(before)) {
      expect(line.endsWith('\n')).toBe(true);
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(JSON.parse(line)).toHaveProperty('id');
    }
  });
});

test.each([
  'javascript:alert(1)',
  'data:text/html,x',
  'JAVASCRIPT:x',
  'vbscript:x',
  'file:///x',
  ' https://a.example/\t',
])('the URIs that people click on are http or https: %s', async (uri) => {
  for (const member of ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri', 'client_uri#de']) {
    const answer = await server.call('POST', '/clients', { redirect_uris: ['https://rp.example/cb'], [member]: uri });
    expect([answer.status, Object(answer.json).error]).toEqual([400, 'invalid_client_metadata']);
  }
});
