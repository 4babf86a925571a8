import { fileURLToPath } from 'node:url';
import { createLoginApp } from '../../apps/login/src/app.ts';
import { formToken, type Seen, type TestBrowser } from '../../apps/login/test/browser.ts';
import { demoApiToken } from '../../src/demo.ts';
import type { Mount } from '../../src/http/server.ts';
import type { ServerLog } from '../../src/observability/log.ts';
import type { TestClient } from '../../src/testing/caller/client.ts';
import type { Parameters } from '../../src/testing/caller/login-page.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from '../security/captured-log.ts';

/** A server with the login pages at `/login`, as browsers meet it; `log` has what the pages log. */
export async function startWithPages(log: ServerLog = captureLog().log): Promise<TestServer> {
  const mounts: Mount[] = [];
  const server = await startTestServer({ mounts });
  const pages = createLoginApp({
    basePath: '/login',
    apiBaseUrl: server.issuer,
    apiToken: demoApiToken,
    sessionStoreToken: demoApiToken,
    usersFile: fileURLToPath(new URL('../../apps/login/demo-users.json', import.meta.url)),
    secureCookies: false,
    log,
  });
  mounts.push({ path: '/login', handler: pages.handler });
  return server;
}

/** The login page for a request of a client. */
export function loginPage(client: TestClient, parameters: Parameters = {}): string {
  return `/login?${new URLSearchParams(client.query(parameters))}`;
}

/** Signs alice in: the answer to the form with her password. */
export async function signIn(browser: TestBrowser, client: TestClient, parameters: Parameters = {}): Promise<Seen> {
  const start = await browser.get(loginPage(client, parameters));
  return browser.post('/login/sign-in', { form_token: formToken(start), username: 'alice', password: 'secret' });
}
