import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBrowser, formToken, type Seen } from '../../apps/login/test/browser.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import type { TestServer } from '../../src/testing/test-server.ts';
import { loginPage, signIn, startWithPages } from '../support/login-pages.ts';

/** RFC 9700, section 4.12: a redirect by 307 has the browser post the password of the user again, to the client. */

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startWithPages();
  client = await server.register(versatile);
});
afterAll(() => server.close());

/** Whether a browser would send the body of a post again. */
const repeatsTheBody = ({ status }: Seen) => status === 307 || status === 308;

test('no form of the login pages is answered by a redirect that repeats it', async () => {
  const browser = createBrowser(server.issuer);
  const consent = await signIn(browser, client);
  const response = await browser.post('/login/consent', { form_token: formToken(consent), scope: 'openid' });
  const account = await browser.get(loginPage(client, { prompt: 'login' }));
  const seen = [consent, response, account];
  for (const path of ['/login/sign-in', '/login/consent', '/login/cancel', '/login/account', '/login/sign-out']) {
    seen.push(await browser.post(path, { form_token: 'x', username: 'alice', password: 'secret' }));
  }
  for (const each of seen) expect(repeatsTheBody(each)).toBe(false);
});

test('the redirect to the client behind a post is a 303, which makes a GET of it, and has no password in it', async () => {
  const browser = createBrowser(server.issuer);
  await signIn(browser, client, { scope: 'openid' });
  const cancelled = await signIn(createBrowser(server.issuer), client, { scope: 'openid' });
  const token = formToken(cancelled);
  expect(token).not.toBe('');
  const second = createBrowser(server.issuer);
  const consent = await signIn(second, client, { scope: 'openid' });
  const response = await second.post('/login/consent', { form_token: formToken(consent), scope: 'openid' });
  expect(response.status).toBe(303);
  expect(response.headers.get('location')).toMatch(/^https:\/\/rp\.example\/cb\?/);
  expect(response.headers.get('location')).not.toMatch(/secret|password|alice/);
});

test('an authorization request by POST is not sent on either', async () => {
  const browser = createBrowser(server.issuer);
  const posted = await browser.post('/login', client.query());
  expect(repeatsTheBody(posted)).toBe(false);
});

test('the server itself redirects no request at all', async () => {
  for (const [method, path] of [
    ['POST', '/token/'],
    ['POST', '/token'],
    ['POST', '/userinfo/'],
    ['POST', '/clients/'],
    ['POST', '/'],
    ['GET', '/'],
  ] as const) {
    const { status, headers } = await server.send(path, { method });
    expect([path, status >= 300 && status < 400, headers.get('location')]).toEqual([path, false, null]);
  }
});
