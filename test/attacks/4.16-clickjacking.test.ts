import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBrowser, type Seen } from '../../apps/login/test/browser.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import type { TestServer } from '../../src/testing/test-server.ts';
import { loginPage, signIn, startWithPages } from '../support/login-pages.ts';

/**
 * RFC 9700, section 4.16: the attacker lays the login or consent page, in a frame that is not seen, under buttons of their own. (All pages,
 * and what else their headers say: `test/security/response-headers.test.ts`.)
 */

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startWithPages();
  client = await server.register(versatile);
});
afterAll(() => server.close());

function expectNotFramed({ headers }: Seen, what: string): void {
  const policies = (headers.get('content-security-policy') ?? '').split(';').map((each) => each.trim());
  expect(
    policies.filter((each) => each.startsWith('frame-ancestors')),
    what,
  ).toEqual(["frame-ancestors 'none'"]);
  // For browsers that know no frame-ancestors.
  expect(headers.get('x-frame-options'), what).toBe('DENY');
}

test.each(['page', 'popup', 'touch', 'wap'])(
  'neither sign-in nor consent is shown in a frame, with display=%s',
  async (display) => {
    const browser = createBrowser(server.issuer);
    expectNotFramed(await browser.get(loginPage(client, { display })), 'sign-in');
    expectNotFramed(await signIn(browser, client, { display }), 'consent');
  },
);

test('nothing in a request takes the guard away', async () => {
  const browser = createBrowser(server.issuer);
  for (const headers of [
    { Origin: 'https://evil.example' },
    { Referer: 'https://evil.example/' },
    { 'Sec-Fetch-Dest': 'iframe', 'Sec-Fetch-Site': 'cross-site' },
    { 'X-Frame-Options': 'ALLOWALL' },
  ]) {
    expectNotFramed(await browser.get(loginPage(client), headers), JSON.stringify(headers));
  }
});

test('a client brings no frame along: its metadata opens the policy for nothing', async () => {
  const framed = await server.register({
    ...versatile,
    client_name: "x'; frame-ancestors *",
    client_uri: 'https://evil.example/',
    logo_uri: 'https://evil.example/a;frame-ancestors%20*',
  });
  expectNotFramed(await createBrowser(server.issuer).get(loginPage(framed)), 'sign-in');
});
