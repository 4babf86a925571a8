import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let web: TestClient;
let native: TestClient;

const registered = 'https://rp.example/cb';

beforeAll(async () => {
  server = await startTestServer();
  web = await server.register({ ...versatile, redirect_uris: [registered, 'https://rp.example/cb?tenant=1'] });
  native = await server.register({
    ...versatile,
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    redirect_uris: [
      'http://127.0.0.1/cb',
      'http://localhost:0/cb',
      'com.example.app:/cb',
      'http://127.0.0.1:8080/fixed',
      'http://[::1]:8080/fixed',
      'http://localhost:8080/fixed',
    ],
  });
});
afterAll(() => server.close());

/** The request must be shown as an error: no redirect, and nothing of the URI in the message. */
async function expectNoRedirect(client: TestClient, uri: string, extra: Record<string, string> = {}): Promise<void> {
  const { message } = await server.page.login(client.query({ redirect_uri: uri, ...extra }));
  expect(message).toEqual({ type: 'error', error: 'invalid_request', error_description: expect.any(String) });
  expect(JSON.stringify(message)).not.toContain('evil');
}

describe('a redirect_uri that is not the registered text is never redirected to', () => {
  test.each([
    // Other hosts, and spellings that some parsers take for the registered one
    'https://evil.example/cb',
    'https://rp.example.evil.example/cb',
    'https://rp.example@evil.example/cb',
    'https://rp.example:443@evil.example/cb',
    'https://rp.example%2f@evil.example/cb',
    'https://rp.example\\@evil.example/cb',
    'https://evil.example\\rp.example/cb',
    'https://evil.example#@rp.example/cb',
    'https://evil.example?rp.example/cb',
    'https://rp.example;.evil.example/cb',
    'https://rp.example,.evil.example/cb',
    'https://rp.example\t.evil.example/cb',
    'https:evil.example/cb',
    'https:/evil.example/cb',
    'https:///evil.example/cb',
    '//evil.example/cb',
    '/cb',
    'cb',
    '///rp.example/cb',
    'https://user:pass@rp.example/cb',
    'https://user@rp.example/cb',
    'https://@rp.example/cb',
    // Scheme, case, port, trailing dot, look-alikes
    'http://rp.example/cb',
    'HTTPS://rp.example/cb',
    'https://RP.example/cb',
    'https://rp.example/CB',
    'https://rp.example:443/cb',
    'https://rp.example:8443/cb',
    'https://rp.example:/cb',
    'https://rp.example./cb',
    'https://rp.exаmple/cb',
    'https://ｒｐ.example/cb',
    'https://rp。example/cb',
    'https://xn--rp-example/cb',
    // Path
    'https://rp.example/cb/',
    'https://rp.example/cb/../evil',
    'https://rp.example/./cb',
    'https://rp.example//cb',
    'https://rp.example/evil/../cb',
    'https://rp.example/evil/%2e%2e/cb',
    'https://rp.example/%63b',
    'https://rp.example/cb%00',
    'https://rp.example/cb%2f..%2fevil',
    'https://rp.example/cb;evil',
    'https://rp.example/cb.evil',
    'https://rp.example/c',
    'https://rp.example',
    'https://rp.example/',
    'https://*.example/cb',
    'https://rp.example/*',
    // Query and fragment
    'https://rp.example/cb?',
    'https://rp.example/cb?next=https://evil.example',
    'https://rp.example/cb?tenant=1&x=2',
    'https://rp.example/cb?tenant=2',
    'https://rp.example/cb?tenant=1&code=evil',
    'https://rp.example/cb#',
    'https://rp.example/cb#evil',
    'https://rp.example/cb%23evil',
    // White space and controls
    ' https://rp.example/cb',
    'https://rp.example/cb ',
    '\thttps://rp.example/cb',
    'https://rp.example/cb\n',
    'https://rp.example/cb\r\nLocation: https://evil.example',
    'https://rp.example/cb\0',
    'https://rp.example/\u202Ecb',
    // Other schemes
    'javascript:alert(1)//rp.example/cb',
    'JaVaScRiPt:alert(1)',
    'data:text/html,evil',
    'vbscript:evil',
    'file:///etc/passwd',
    'blob:https://rp.example/cb',
    'view-source:https://rp.example/cb',
    'about:blank',
    'null',
    'undefined',
    '[object Object]',
    `https://rp.example/cb${'a'.repeat(20_000)}`,
    // URIs of the other client
    'com.example.app:/cb',
    'http://127.0.0.1/cb',
    'http://127.0.0.1:8080/cb',
  ])('%j', async (uri) => {
    await expectNoRedirect(web, uri);
    // Nor does an error of a later check get there.
    await expectNoRedirect(web, uri, { response_type: 'rubbish', prompt: 'none' });
    await expectNoRedirect(web, uri, { response_mode: 'form_post', scope: '"' });
  });

  test.each([
    'http://127.0.0.1:65536/cb',
    'http://127.0.0.1:099/cb',
    'http://127.0.0.1:0/cb',
    'http://127.0.0.1:80a/cb',
    'http://127.0.0.1:8080@evil.example/cb',
    'http://127.0.0.1:8080/other',
    'http://127.0.0.1:53219/fixed/',
    'http://127.0.0.1:53219/fixed?x=1',
    'http://127.0.0.2:8080/fixed',
    // A name may be made to resolve elsewhere: its port is as registered
    'http://localhost:53219/fixed',
    'http://127.0.0.1:8080/cb?x=1',
    'http://127.0.0.1:8080/cb#x',
    'http://127.0.0.1.evil.example/cb',
    'http://127.0.0.2:8080/cb',
    'http://0.0.0.0:8080/cb',
    'http://2130706433:8080/cb',
    'http://0x7f.1:8080/cb',
    'http://[::1]:8080/cb',
    'http://[::ffff:127.0.0.1]:8080/cb',
    'https://127.0.0.1:8080/cb',
    'https://localhost:8080/cb',
    'http://localhost.evil.example:8080/cb',
    'http://LOCALHOST:8080/cb',
    'com.example.app:/cb2',
    'com.example.app://evil.example/cb',
    'COM.example.app:/cb',
  ])('of a native client: %j', (uri) => expectNoRedirect(native, uri));

  test.each([
    'http://127.0.0.1:8080/cb',
    'http://127.0.0.1:65535/cb',
    'http://127.0.0.1/cb',
    'http://localhost:9/cb',
    // RFC 8252, section 7.3: any port, whatever was registered
    'http://127.0.0.1:53219/fixed',
    'http://[::1]:53219/fixed',
    'http://localhost:8080/fixed',
  ])('while a native client may choose its loopback port: %s', async (redirect_uri) => {
    const { uri } = await native.login({ redirect_uri });
    expect(uri.startsWith(`${redirect_uri}?code=`)).toBe(true);
  });
});

test('a repeated redirect_uri or client_id leads nowhere, whichever comes first', async () => {
  const query = new URLSearchParams(web.query()).toString();
  for (const more of [
    'redirect_uri=https%3A%2F%2Fevil.example%2Fcb',
    'client_id=evil',
    `redirect_uri=${encodeURIComponent(registered)}`,
    'redirect%5Furi=https%3A%2F%2Fevil.example%2Fcb',
  ]) {
    for (const text of [`${query}&${more}`, `${more}&${query}`, `?${more}&${query}`]) {
      expect((await server.page.login(text)).message).toMatchObject({ type: 'error', error: 'invalid_request' });
    }
  }
});

test('a missing redirect_uri is an error on the page for OpenID requests and where several are registered', async () => {
  const { redirect_uri: _, ...request } = web.query();
  for (const query of [request, { ...request, scope: 'read' }, { ...request, redirect_uri: '' }]) {
    expect((await server.page.login(query)).message).toMatchObject({ type: 'error' });
  }
});

test('other parameters that name a target have no effect', async () => {
  for (const name of ['redirect_url', 'return_to', 'next', 'target_link_uri', 'post_logout_redirect_uri', 'uri']) {
    const { uri } = await web.authorize({ [name]: 'https://evil.example/' });
    expect(uri.startsWith(`${registered}?`)).toBe(true);
    expect(uri).not.toContain('evil');
  }
});

test('the token request must repeat the redirect_uri of the authorization request, letter for letter', async () => {
  for (const wrong of ['https://rp.example/cb?tenant=1', 'https://rp.example/cb/', 'https://evil.example/', 'x', ' ']) {
    const { code } = await web.authorize();
    expect(verdict(await web.redeem(code, { redirect_uri: wrong }))).toEqual([400, 'invalid_grant']);
  }
  const { code } = await web.authorize();
  expect(verdict(await web.redeem(code, { redirect_uri: '' }))).toEqual([400, 'invalid_grant']);
});

describe('registration', () => {
  test.each([
    'javascript:alert(1)',
    'JAVASCRIPT://rp.example/%0aalert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://rp.example/x',
    'about:blank',
    'ms-msdt:/id',
    'intent://rp.example/cb',
    'search-ms:query=x',
    'view-source:https://rp.example/cb',
    'https://rp.example/cb#fragment',
    'https://user@rp.example/cb',
    'https://user:pass@rp.example/cb',
    'https://rp.example/cb?code=1',
    'https://rp.example/cb?state=1',
    'https://rp.example/cb?response=1',
    'https://rp.example/cb?%63ode=1',
    'http://rp.example/cb',
    'https:rp.example/cb',
    'https:///cb',
    '//rp.example/cb',
    '/cb',
    'https://rp.example/\\evil',
    'https://rp.example/ cb',
    'https://rp.exämple/cb',
    'https://rp.example/cb\r\nX: y',
    '',
  ])('refuses %j', async (uri) => {
    const answer = await server.call('POST', '/clients', { redirect_uris: ['https://good.example/cb', uri] });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ error: 'invalid_redirect_uri' });
  });
});
