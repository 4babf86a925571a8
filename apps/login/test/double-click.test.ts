import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formToken, type Seen, type TestBrowser, textOf } from './browser.ts';
import { CONSENT, type LoginFixture, QUERY, startLogin } from './login-fixture.ts';
import { sessionIn } from './recorded-server.ts';

let login: LoginFixture;
beforeEach(async () => {
  login = await startLogin();
});
afterEach(() => login[Symbol.asyncDispose]());

const CREDENTIALS = { username: 'alice', password: 'secret' };

const made = (method: string) => login.recorded.calls.filter((call) => call.method === method).length;
const shown = ({ status, headers, text }: Seen) => [status, headers.get('location'), headers.getSetCookie(), text];

/** The redirection URI that the server has made last. */
const responseOf = () => Object(login.recorded.last('PUT').answer['parameters']).uri;

/** The browser's twin: the same cookies as of now, as when two requests leave before the first is answered. */
function twin(browser: TestBrowser): TestBrowser {
  const other = login.browser();
  for (const [name, value] of browser.jar) other.jar.set(name, value);
  return other;
}

async function toSignIn() {
  const browser = login.browser();
  const fields = { form_token: formToken(await browser.get(`/login?${QUERY}`)), ...CREDENTIALS };
  return { browser, fields };
}

async function toConsent() {
  const { browser, fields } = await toSignIn();
  const token = formToken(await browser.post('/login/sign-in', fields));
  return { browser, fields: { form_token: token, scope: 'email' } };
}

describe('a form that is posted twice', () => {
  it('signs in once, and both posts get the same page and cookies', async () => {
    const { browser, fields } = await toSignIn();
    const pages = await Promise.all([browser, twin(browser)].map((one) => one.post('/login/sign-in', fields)));
    const [first, second] = pages.map(shown);
    expect(first?.[0]).toBe(200);
    expect(second).toEqual(first);
    expect(made('PUT')).toBe(1);
    // A moment later the browser has the session that the first reply has set.
    expect(browser.jar.get('tessera_sub_sid')).toBe(sessionIn(login.recorded.last('PUT')));
    login.clock.now += 9_000;
    expect(shown(await browser.post('/login/sign-in', fields))).toEqual(first);
    expect(made('PUT')).toBe(1);
  });

  it('grants consent once, and both posts lead to the client', async () => {
    const { browser, fields } = await toConsent();
    const both = [browser, twin(browser)].map((one) => one.post('/login/consent', fields));
    for (const page of await Promise.all(both)) {
      expect([page.status, page.headers.get('location')]).toEqual([303, responseOf()]);
    }
    const later = await browser.post('/login/consent', fields);
    expect(later.headers.get('location')).toBe(responseOf());
    expect(made('PUT')).toBe(2);
  });

  it('cancels once, and signs out once', async () => {
    const { browser, fields } = await toSignIn();
    await browser.post('/login/cancel', { form_token: fields.form_token });
    expect((await browser.post('/login/cancel', { form_token: fields.form_token })).status).toBe(303);
    expect(made('DELETE')).toBe(1);
    browser.jar.set('tessera_sub_sid', await login.session());
    const token = formToken(await browser.get('/login'));
    for (let count = 0; count < 2; count++) {
      const out = await browser.post('/login/sign-out', { form_token: token });
      expect(textOf(out, 'notice')).toBe('You are signed out');
    }
    expect(made('DELETE')).toBe(2);
  });

  it('is a form of its own after ten seconds', async () => {
    const { browser, fields } = await toConsent();
    await browser.post('/login/consent', fields);
    login.clock.now += 10_000;
    expect(textOf(await browser.post('/login/consent', fields), 'error-code')).toBe('session_expired');
  });

  it('is another form when anything in it is different, or it goes elsewhere', async () => {
    const { browser, fields } = await toConsent();
    await browser.post('/login/consent', fields);
    const other = await browser.post('/login/consent', { ...fields, scope: 'offline_access' });
    expect(textOf(other, 'error-code')).toBe('session_expired');
    await browser.post('/login/cancel', fields);
    expect(made('DELETE')).toBe(1);
  });
});

describe('the kept reply', () => {
  it('is for the browser of the form only, and for no other site', async () => {
    const { browser, fields } = await toConsent();
    await browser.post('/login/consent', fields);
    const stranger = login.browser();
    await stranger.get(`/login?${QUERY}`);
    const refusals = [
      [await stranger.post('/login/consent', fields), 'form_refused'],
      [await login.browser().post('/login/consent', fields), 'cookies_required'],
      [await browser.post('/login/consent', fields, { 'sec-fetch-site': 'cross-site' }), 'form_refused'],
    ] as const;
    for (const [page, code] of refusals) {
      expect([page.status, page.headers.get('location'), textOf(page, 'error-code')]).toEqual([403, null, code]);
    }
  });

  it('is not for another person who has signed in meanwhile', async () => {
    const { browser, fields } = await toConsent();
    await browser.post('/login/consent', fields);
    browser.jar.set('tessera_sub_sid', 'sess-bob.mac');
    const page = await browser.post('/login/consent', fields);
    expect([page.status, textOf(page, 'error-code')]).toEqual([403, 'session_changed']);
  });

  it('is not for the same name and password after a sign-out', async () => {
    const { browser, fields } = await toSignIn();
    const consent = await browser.post('/login/sign-in', fields);
    const out = await browser.post('/login/sign-out', { form_token: formToken(consent) });
    const again = { ...fields, form_token: formToken(out) };
    expect(again).toEqual(fields);
    const before = sessionIn(login.recorded.last('PUT'));
    await browser.post('/login/sign-in', again);
    const sid = browser.jar.get('tessera_sub_sid');
    expect(sid).toBe(sessionIn(login.recorded.last('PUT')));
    expect(sid).not.toBe(before);
  });

  it('is none that failed: a second try is a try', async () => {
    const { browser, fields } = await toSignIn();
    for (let count = 0; count < 2; count++) {
      expect((await browser.post('/login/sign-in', { ...fields, password: 'wrong' })).status).toBe(403);
    }
    expect(login.lines.filter(({ level }) => level === 'warn').map(({ id }) => id)).toEqual(['LG2001', 'LG2001']);
    login.recorded.on('PUT one', { status: 500 });
    expect((await browser.post('/login/sign-in', fields)).status).toBe(503);
    login.recorded.on('PUT one', { body: CONSENT });
    login.recorded.on('GET one', { body: {} });
    expect((await browser.post('/login/sign-in', fields)).status).toBe(200);
  });
});
