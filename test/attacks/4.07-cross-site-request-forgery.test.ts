import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowser, formToken, type Seen, type TestBrowser } from '../../apps/login/test/browser.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { claimsOf } from '../../src/testing/caller/jwt.ts';
import type { TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from '../security/captured-log.ts';
import { startWithPages } from '../support/login-pages.ts';

let server: TestServer;
let client: TestClient;
const captured = captureLog();

beforeAll(async () => {
  server = await startWithPages(captured.log);
  client = await server.register(versatile);
});
afterAll(() => server.close());

const page = (extra: Record<string, string> = {}) => `/login?${new URLSearchParams(client.query(extra))}`;

const credentials = (name: string) => ({ username: name, password: 'secret' });

/** Signs in up to the consent page. */
async function signIn(browser: TestBrowser, name: string, extra: Record<string, string> = {}): Promise<Seen> {
  const start = await browser.get(page(extra));
  return browser.post('/login/sign-in', { form_token: formToken(start), ...credentials(name) });
}

/** The fields of the consent form, all ticked. */
function consentFields(seen: Seen): readonly (readonly [string, string])[] {
  const inputs = [...seen.text.matchAll(/<input[^>]*type="checkbox"[^>]*>/g)].map(([tag]) => tag);
  const ticked = inputs.map((tag) => {
    const name = /name="([^"]*)"/.exec(tag)?.[1] ?? '';
    return [name, /value="([^"]*)"/.exec(tag)?.[1] ?? 'on'] as const;
  });
  return [['form_token', formToken(seen)], ...ticked];
}

const codeIn = (seen: Seen) => {
  const location = seen.headers.get('location');
  return location === null ? null : new URL(location).searchParams.get('code');
};

async function livingSessions(sub: string): Promise<number> {
  const list: unknown = (await server.call('GET', `/session-store/rest/v2/sessions?subject=${sub}`)).json;
  return Array.isArray(list) ? list.length : -1;
}

test('a whole login with browser, login pages and server gives a code for the one who signed in', async () => {
  const browser = createBrowser(server.issuer);
  const consent = await signIn(browser, 'alice');
  const code = codeIn(await browser.post('/login/consent', consentFields(consent)));
  const tokens = await client.redeem(String(code));
  expect(claimsOf(tokens.id)).toMatchObject({
    sub: 'alice',
    aud: client.id,
  });
  // Clients that keep an ID token as long as they work, such as kubelogin, get another one with each refresh.
  const refreshed = await client.refresh(tokens.refresh);
  expect(claimsOf(refreshed.body['id_token'])).toMatchObject({ sub: 'alice', aud: client.id });
});

describe('a form that another site, or another browser, has made the victim send', () => {
  test("does not sign the victim in to the attacker's account", async () => {
    const attacker = createBrowser(server.issuer);
    const victim = createBrowser(server.issuer);
    const start = await attacker.get(page());
    await victim.get(page());
    const before = await livingSessions('bob');
    const answer = await victim.post('/login/sign-in', { form_token: formToken(start), ...credentials('bob') });
    expect(answer.status).toBe(403);
    expect(victim.jar.has('tessera_sub_sid')).toBe(false);
    expect(await livingSessions('bob')).toBe(before);
  });

  test('does not consent for the victim', async () => {
    const attacker = createBrowser(server.issuer);
    const victim = createBrowser(server.issuer);
    const theirs = await signIn(attacker, 'bob', { prompt: 'consent' });
    const own = await signIn(victim, 'alice', { prompt: 'consent' });
    const forged = await victim.post('/login/consent', consentFields(theirs));
    expect([forged.status, codeIn(forged)]).toEqual([403, null]);
    const without = await victim.post('/login/consent', [['scope', 'openid']]);
    expect(without.status).toBeGreaterThanOrEqual(400);
    expect(codeIn(without)).toBeNull();
    for (const site of ['cross-site', 'same-site']) {
      const crossed = await victim.post('/login/consent', consentFields(own), { 'sec-fetch-site': site });
      expect([crossed.status, codeIn(crossed)]).toEqual([403, null]);
    }
    // The victim's own form still works.
    expect(codeIn(await victim.post('/login/consent', consentFields(own)))).not.toBeNull();
  });

  test('does not finish the attacker’s request with the victim’s session', async () => {
    const attacker = createBrowser(server.issuer);
    const victim = createBrowser(server.issuer);
    await signIn(victim, 'alice', { prompt: 'consent' });
    const start = await attacker.get(page());
    attacker.jar.set('tessera_sub_sid', 'forged');
    const answer = await victim.post('/login/consent', [
      ['form_token', formToken(start)],
      ['scope', 'openid'],
    ]);
    expect(codeIn(answer)).toBeNull();
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });

  test('does not sign the victim out', async () => {
    const attacker = createBrowser(server.issuer);
    const victim = createBrowser(server.issuer);
    await signIn(attacker, 'bob', { prompt: 'consent' });
    await signIn(victim, 'alice', { prompt: 'consent' });
    const theirs = await attacker.get('/login');
    const before = await livingSessions('alice');
    const answer = await victim.post('/login/sign-out', { form_token: formToken(theirs) });
    expect([answer.status, await livingSessions('alice')]).toEqual([403, before]);
  });
});

test('a session identifier that was planted in the browser is not the one that it gets', async () => {
  const { sid } = (await server.call('POST', '/session-store/rest/v2/sessions', { sub: 'mallory' })).body;
  const victim = createBrowser(server.issuer);
  victim.jar.set('tessera_sub_sid', String(sid));
  const consent = await signIn(victim, 'alice', { prompt: 'login consent' });
  expect(victim.jar.get('tessera_sub_sid')).not.toBe(String(sid));
  const code = codeIn(await victim.post('/login/consent', consentFields(consent)));
  const tokens = await client.redeem(String(code));
  expect(claimsOf(tokens.id)).toMatchObject({ sub: 'alice' });
});

test('a consent page that is sent twice gives one code', async () => {
  const browser = createBrowser(server.issuer);
  const consent = await signIn(browser, 'alice', { prompt: 'consent' });
  const fields = consentFields(consent);
  const answers = await Promise.all(Array.from({ length: 5 }, () => browser.post('/login/consent', fields)));
  // The second finger tap gets the reply to the first one, not a second code.
  expect(new Set(answers.map(codeIn)).size).toBe(1);
  expect(codeIn(answers[0] ?? consent)).not.toBeNull();
});

test('no password, session or code is in the log of the login pages', () => {
  const whole = captured.lines.join('');
  expect(whole).not.toMatch(/"secret"|password=|[\w-]{22}\.[\w-]{22}/);
});
