import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowser } from '../../apps/login/test/browser.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import type { TestServer } from '../../src/testing/test-server.ts';
import { loginPage, startWithPages } from '../support/login-pages.ts';

/**
 * RFC 9700, section 4.11: a link to a server that people trust takes them to a place of the attacker. Which URIs a client may be answered
 * at is in `4.01`; here are all the other ways to name a target.
 */

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startWithPages();
  client = await server.register(versatile);
});
afterAll(() => server.close());

const targets = ['//evil.example', '/\\evil.example', '/%2f%2fevil.example', '/%5cevil.example', '/.%2fevil.example'];
const more = [
  '/https://evil.example',
  '//evil.example/%2e%2e',
  '///evil.example',
  '/login//evil.example',
  '/login/..//evil.example',
];

test.each([...targets, ...more])('%s redirects nobody, at the server or its pages', async (path) => {
  const browser = createBrowser(server.issuer);
  for (const suffix of ['', '/', '?x', '/.well-known/openid-configuration']) {
    const { status, headers } = await browser.get(`${path}${suffix}`);
    expect([path, status < 300 || status >= 400, headers.get('location')]).toEqual([path, true, null]);
    expect(headers.get('refresh')).toBeNull();
  }
});

test.each([
  'redirect',
  'redirect_to',
  'return_to',
  'returnTo',
  'next',
  'url',
  'continue',
  'target',
  'post_logout_redirect_uri',
])('the parameter %s takes nobody anywhere', async (name) => {
  const evil = 'https://evil.example/';
  const browser = createBrowser(server.issuer);
  for (const path of [
    `${loginPage(client)}&${name}=${encodeURIComponent(evil)}`,
    `/login?${name}=${encodeURIComponent(evil)}`,
    `/?${name}=${encodeURIComponent(evil)}`,
  ]) {
    const { headers, text } = await browser.get(path);
    expect(headers.get('location') ?? '').not.toContain('evil');
    expect(text).not.toMatch(/(href|action|src)="[^"]*evil\.example/);
  }
});

describe('a request that is refused', () => {
  test('is answered on the page, and not by a redirect, where the client or its URI is not known to be good', async () => {
    const browser = createBrowser(server.issuer);
    for (const parameters of [
      { redirect_uri: 'https://evil.example/' },
      { client_id: 'nobody', redirect_uri: 'https://evil.example/' },
      { client_id: undefined, redirect_uri: 'https://evil.example/', response_type: 'rubbish' },
      { redirect_uri: 'https://evil.example/', scope: 'rubbish', prompt: 'none' },
    ]) {
      const { status, headers, text } = await browser.get(loginPage(client, parameters));
      expect([status >= 400, headers.get('location')]).toEqual([true, null]);
      expect(text).not.toContain('evil.example');
    }
  });

  test('goes to the registered URI with an error alone, and nothing that the browser has in its address bar', async () => {
    const browser = createBrowser(server.issuer);
    const { headers } = await browser.get(loginPage(client, { response_type: 'rubbish', login_hint: 'alice@home' }));
    const location = new URL(headers.get('location') ?? '');
    expect(`${location.origin}${location.pathname}`).toBe(client.redirectUri);
    expect([...location.searchParams.keys()].sort()).toEqual(['error', 'error_description', 'iss', 'state']);
  });
});

test('nobody registers a target that browsers run or that is no address', async () => {
  for (const uri of [
    'javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    '//evil.example/cb',
    'https:evil',
    '/cb',
    '*',
  ]) {
    const answer = await server.call('POST', '/clients', { redirect_uris: [uri] });
    expect([uri, answer.status]).toEqual([uri, 400]);
  }
});
