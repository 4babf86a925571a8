import { request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../src/attempt-limiter.ts';
import { formToken, type Seen, type TestBrowser, textOf } from './browser.ts';
import { ALICE_SESSION, AUTH, type LoginFixture, QUERY, startLogin } from './login-fixture.ts';

let login: LoginFixture;
beforeEach(async () => {
  login = await startLogin();
});
afterEach(() => login[Symbol.asyncDispose]());

const CREDENTIALS = { username: 'alice', password: 'secret' };

const puts = () => login.recorded.calls.filter(({ method }) => method === 'PUT' || method === 'DELETE');

async function refused(page: Seen, code: string): Promise<void> {
  expect([page.status, textOf(page, 'error-code')]).toEqual([403, code]);
  expect(puts()).toEqual([]);
}

describe('forms from elsewhere', () => {
  it("refuses a sign-in form of another browser: nobody is signed in to an attacker's account or session", async () => {
    const attackers = await login.browser().get(`/login?${QUERY}`);
    const victim = login.browser();
    await victim.get(`/login?${QUERY}`);
    await refused(
      await victim.post('/login/sign-in', { form_token: formToken(attackers), ...CREDENTIALS }),
      'form_refused',
    );
  });

  it.each(['sign-in', 'account', 'consent', 'cancel', 'sign-out'])(
    'refuses %s without or with a forged token',
    async (action) => {
      const browser = login.browser();
      const token = formToken(await browser.get(`/login?${QUERY}`));
      const [payload = '', mac = ''] = token.split('.');
      const other = Buffer.from(JSON.stringify({ prompt: { ...AUTH, sid: 'authz-2.mac' }, session: '' })).toString(
        'base64url',
      );
      for (const forged of [
        '',
        'x',
        `${payload}.`,
        `${other}.${mac}`,
        `${payload}.${mac}x.y`,
        `${payload}.${mac.slice(1)}`,
      ]) {
        await refused(
          await browser.post(`/login/${action}`, { form_token: forged, account: 'alice', ...CREDENTIALS }),
          'form_refused',
        );
      }
      await refused(await browser.post(`/login/${action}`, CREDENTIALS), 'form_refused');
    },
  );

  it('refuses a token that comes twice', async () => {
    const browser = login.browser();
    const token = formToken(await browser.get(`/login?${QUERY}`));
    const fields = [['form_token', token], ['form_token', token], ...Object.entries(CREDENTIALS)].map(
      ([name = '', value = '']) => [name, value] as const,
    );
    await refused(await browser.post('/login/sign-in', fields), 'form_refused');
  });

  it('says so when the browser keeps no cookies', async () => {
    const browser = login.browser();
    const token = formToken(await browser.get(`/login?${QUERY}`));
    browser.jar.clear();
    await refused(await browser.post('/login/sign-in', { form_token: token, ...CREDENTIALS }), 'cookies_required');
  });

  it.each(['cross-site', 'same-site'])('refuses a %s post by its fetch metadata, whatever it carries', async (site) => {
    const browser = login.browser();
    const token = formToken(await browser.get(`/login?${QUERY}`));
    const page = await browser.post(
      '/login/sign-in',
      { form_token: token, ...CREDENTIALS },
      { 'sec-fetch-site': site },
    );
    await refused(page, 'form_refused');
  });

  it('refuses a sign-in token at the consent form, and a consent after the session has changed', async () => {
    const browser = login.browser();
    const start = await browser.get(`/login?${QUERY}`);
    expect((await browser.post('/login/consent', { form_token: formToken(start) })).status).toBe(400);
    const consent = await browser.post('/login/sign-in', { form_token: formToken(start), ...CREDENTIALS });
    login.recorded.calls.length = 0;
    browser.jar.set('tessera_sub_sid', 'sess-bob.mac');
    await refused(await browser.post('/login/consent', { form_token: formToken(consent) }), 'session_changed');
    await refused(await browser.post('/login/sign-out', { form_token: formToken(consent) }), 'session_changed');
  });

  it('goes on in both of two tabs in which the same person has signed in', async () => {
    const browser = login.browser();
    const tabs = [await browser.get(`/login?${QUERY}`), await browser.get(`/login?${QUERY}`)];
    const consents: Seen[] = [];
    for (const tab of tabs) {
      consents.push(await browser.post('/login/sign-in', { form_token: formToken(tab), ...CREDENTIALS }));
    }
    for (const page of consents) {
      const answer = await browser.post('/login/consent', { form_token: formToken(page), action: 'allow' });
      expect([answer.status, answer.headers.get('location')]).toEqual([303, expect.stringContaining('code=')]);
    }
    const sid = browser.jar.get('tessera_sub_sid') ?? '';
    expect((await login.browser().get(`/login?${QUERY}`)).status).toBe(200);
    expect(sid).not.toBe('');
    expect((await browser.get(`/login?${QUERY}&prompt=none`)).headers.get('location')).not.toContain('login_required');
  });

  it('binds the sign-out form to browser and session', async () => {
    const browser = login.browser();
    const sid = await login.session();
    browser.jar.set('tessera_sub_sid', sid);
    const token = formToken(await browser.get('/login'));
    const other = login.browser();
    other.jar.set('tessera_sub_sid', sid);
    await other.get('/login');
    await refused(await other.post('/login/sign-out', { form_token: token }), 'form_refused');
    browser.jar.set('tessera_sub_sid', 'sess-bob.mac');
    await refused(await browser.post('/login/sign-out', { form_token: token }), 'form_refused');
  });

  it('shares forms between processes with one secret, and refuses those of another secret', async () => {
    const secret = 'a-secret-of-at-least-32-characters';
    await using one = await startLogin({ secret });
    await using two = await startLogin({ secret, apiBaseUrl: one.recorded.url });
    const first = one.browser();
    const token = formToken(await first.get(`/login?${QUERY}`));
    const second = two.browser();
    for (const [name, value] of first.jar) second.jar.set(name, value);
    expect((await second.post('/login/sign-in', { form_token: token, ...CREDENTIALS })).status).toBe(200);
    const third = login.browser();
    for (const [name, value] of first.jar) third.jar.set(name, value);
    await refused(await third.post('/login/sign-in', { form_token: token, ...CREDENTIALS }), 'form_refused');
  });

  it('ignores an altered accounts cookie', async () => {
    const browser = login.browser();
    const accounts = { device: 'A'.repeat(43), accounts: [{ sub: 'bob', name: 'Bob', login: 'bobby' }] };
    browser.jar.set('tessera_accounts', `${Buffer.from(JSON.stringify(accounts)).toString('base64url')}.AAAA`);
    expect((await browser.get(`/login?${QUERY}`)).text).not.toContain('account-1');
  });
});

describe('a form that does not say what it wants', () => {
  const wrong = ['', 'nonsense', 'ALLOW', ' allow', 'deny', 'allow,deny', 'sign_in', 'true'];

  /** Posts the form of this page with these values of `action`, as no button of it does. */
  const posted = (
    browser: TestBrowser,
    address: string,
    fields: Record<string, string>,
    actions: readonly string[],
  ) => {
    const body = new URLSearchParams(fields);
    for (const action of actions) body.append('action', action);
    return browser.send(`/login/${address}`, { method: 'POST', body });
  };

  it('gives nothing, chooses nobody and signs nobody in or out, whichever it is', async () => {
    const browser = login.browser();
    const start = formToken(await browser.get(`/login?${QUERY}`));
    const consent = formToken(await browser.post('/login/sign-in', { form_token: start, ...CREDENTIALS }));
    const landing = formToken(await browser.get('/login'));
    const forms = [
      ['sign-in', 'sign-in', { form_token: start, ...CREDENTIALS }],
      ['account', 'choose-account', { form_token: consent, account: '' }],
      ['consent', 'allow', { form_token: consent, scope: 'email', claim: 'email', remember: 'yes' }],
      ['cancel', 'cancel', { form_token: consent }],
      ['sign-out', 'sign-out', { form_token: consent }],
      ['sign-out', 'sign-out', { form_token: landing }],
    ] as const;
    login.recorded.calls.length = 0;
    for (const [address, word, fields] of forms) {
      const others = wrong.filter((other) => address !== 'cancel' || other !== 'deny').map((other) => [other]);
      for (const actions of [[], ...others, [word, word], [word, 'deny'], ['deny', word]]) {
        const page = await posted(browser, address, fields, actions);
        expect([address, actions, page.status, textOf(page, 'error-code')]).toEqual([
          address,
          actions,
          400,
          'invalid_request',
        ]);
        expect(page.headers.getSetCookie()).toEqual([]);
      }
    }
    expect(login.recorded.calls).toEqual([]);
    // Nothing was used up: the form still works for who presses its button.
    const end = await posted(browser, 'consent', { form_token: consent, scope: 'email' }, ['allow']);
    expect(end.headers.get('location')).toMatch(/[?&]code=/);
  });

  it('denies by the word of either button', async () => {
    for (const word of ['cancel', 'deny']) {
      const browser = login.browser();
      const start = formToken(await browser.get(`/login?${QUERY}`));
      const end = await posted(browser, 'cancel', { form_token: start }, [word]);
      expect(end.headers.get('location')).toMatch(/[?&]error=access_denied/);
    }
  });
});

describe('headers and cookies', () => {
  it('sends the same guards with pages, errors and redirects', async () => {
    const browser = login.browser();
    const start = await browser.get(`/login?${QUERY}`);
    const redirect = await browser.post('/login/cancel', { form_token: formToken(start) });
    for (const page of [start, redirect, await browser.get('/login/none'), await browser.get('/login')]) {
      expect(page.headers.get('x-frame-options')).toBe('DENY');
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      expect(page.headers.get('referrer-policy')).toBe('no-referrer');
      expect(page.headers.get('cache-control')).toBe('no-store');
      const policy = page.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'none'/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|script-src/);
    }
    expect(start.headers.get('content-security-policy')).toContain("base-uri 'none'");
  });

  it('sets cookies HttpOnly, SameSite=Lax, host-only, below the base path, and as __Host- cookies on https', async () => {
    await using secure = await startLogin({ secureCookies: true, basePath: '/c2id/login/' });
    for (const [fixture, path, prefix, place] of [
      [login, '/login', '', 'Path=/login'],
      [secure, '/c2id/login', '__Host-', 'Path=/; Secure'],
    ] as const) {
      const browser = fixture.browser();
      const start = await browser.get(`${path}?${QUERY}`);
      const page = await browser.post(`${path}/sign-in`, { form_token: formToken(start), ...CREDENTIALS });
      const cookies = [...start.headers.getSetCookie(), ...page.headers.getSetCookie()];
      expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual([
        `${prefix}tessera_browser`,
        `${prefix}tessera_accounts`,
        `${prefix}tessera_sub_sid`,
      ]);
      for (const cookie of cookies) {
        expect(cookie).toMatch(new RegExp(`^[^;]+; ${place}; HttpOnly; SameSite=Lax(; Max-Age=\\d+)?$`));
      }
      const sid = browser.jar.get(`${prefix}tessera_sub_sid`);
      await browser.get(`${path}?${QUERY}`);
      expect(fixture.recorded.last('POST').body['sub_sid']).toBe(sid);
    }
  });

  it('believes no session that a neighbour of the domain has planted before its own', async () => {
    await using secure = await startLogin({ secureCookies: true });
    const sid = await secure.session();
    const planted = (cookie: string) => secure.browser().get(`/login?${QUERY}`, { cookie });
    await planted(`tessera_sub_sid=${sid}`);
    expect(secure.recorded.last('POST').body).not.toHaveProperty('sub_sid');
    await planted(`tessera_sub_sid=stolen; __Host-tessera_sub_sid=${sid}`);
    expect(secure.recorded.last('POST').body['sub_sid']).toBe(sid);
  });

  it('takes a cookie that comes twice for none, and says so in the log', async () => {
    const sid = await login.session();
    const twice = (name: string, first: string, second: string) => `${name}=${first}; other=1; ${name}=${second}`;
    for (const [first, second] of [
      ['stolen', sid],
      [sid, 'stolen'],
      [sid, sid],
    ] as const) {
      await login.browser().get(`/login?${QUERY}`, { cookie: twice('tessera_sub_sid', first, second) });
      expect(login.recorded.last('POST').body).not.toHaveProperty('sub_sid');
    }
    const line = { level: 'warn', id: 'LG2005', fields: { address: '127.0.0.1', cookie: 'tessera_sub_sid' } };
    expect(login.lines.filter(({ id }) => id === 'LG2005')).toEqual([line, line, line]);
    const browser = login.browser();
    const fields = { form_token: formToken(await browser.get(`/login?${QUERY}`)), action: 'sign-in', ...CREDENTIALS };
    const own = browser.jar.get('tessera_browser') ?? '';
    browser.jar.clear();
    const cookie = twice('tessera_browser', 'A'.repeat(43), own);
    await refused(await browser.post('/login/sign-in', fields, { cookie }), 'cookies_doubled');
  });

  it('never puts a subject session identifier into a page', async () => {
    login.recorded.on('POST start', { body: { ...AUTH, select_account: true, sub_session: ALICE_SESSION } });
    const page = await login.browser().get(`/login?${QUERY}`);
    const payload = Buffer.from(formToken(page).split('.')[0] ?? '', 'base64url').toString();
    expect(page.text + payload).not.toContain('sess-alice');
  });
});

describe('what the API hands over', () => {
  it.each(['javascript:alert(1)', 'data:text/html,x', 'not a uri', '//evil.example'])(
    'does not go to %s',
    async (uri) => {
      login.recorded.on('POST start', { body: { type: 'response', mode: 'query', parameters: { uri } } });
      expect((await login.browser().get(`/login?${QUERY}`)).status).toBe(502);
      login.recorded.on('POST start', {
        body: { type: 'response', mode: 'form_post', parameters: { uri, form: { code: 'x' } } },
      });
      const page = await login.browser().get(`/login?${QUERY}`);
      expect([page.status, page.text.includes('form-post')]).toEqual([502, false]);
    },
  );

  it('says whom to tell, and not to wait, when a form cannot be posted to the scheme of a redirection URI', async () => {
    const uri = 'com.example.app:/cb';
    login.recorded.on('POST start', {
      body: { type: 'response', mode: 'form_post', parameters: { uri, form: { code: 'secret-code' } } },
    });
    const page = await login.browser().get(`/login?${QUERY}`);
    expect([page.status, textOf(page, 'error-code')]).toEqual([502, 'unusable_redirect_uri']);
    expect(page.headers.get('retry-after')).toBeNull();
    expect(textOf(page, 'error-advice')).toMatch(/Tell its operator/);
    expect(page.text).not.toMatch(/wait|secret-code/i);
    const problem = 'The response message has an unusable target for a form post (scheme com.example.app:)';
    const fields = { problem, code: 'unusable_redirect_uri', reference: textOf(page, 'error-reference') };
    expect(login.lines.filter(({ level }) => level === 'error')).toEqual([{ level: 'error', id: 'LG3004', fields }]);
  });

  it('goes to custom schemes and keeps the URI as it is', async () => {
    const uri = 'com.example.app:/cb?code=a';
    login.recorded.on('POST start', { body: { type: 'response', mode: 'query', parameters: { uri } } });
    expect((await login.browser().get(`/login?${QUERY}`)).headers.get('location')).toBe(uri);
  });

  it('takes no header injection from a URI, and no policy injection from a logo', async () => {
    const uri = 'https://rp.example/cb?code=a\r\nset-cookie: x=y';
    login.recorded.on('POST start', { body: { type: 'response', mode: 'query', parameters: { uri } } });
    expect((await login.browser().get(`/login?${QUERY}`)).headers.get('location')).toBe(
      'https://rp.example/cb?code=aset-cookie:%20x=y',
    );
    const client = {
      ...AUTH.client,
      logo_uri: 'https://x;script-src,*.example/logo.png',
      policy_uri: 'javascript:alert(1)',
    };
    login.recorded.on('POST start', { body: { ...AUTH, client } });
    const page = await login.browser().get(`/login?${QUERY}`);
    expect(page.headers.get('content-security-policy')).not.toContain('script-src');
    expect(page.text).not.toMatch(/client-logo|javascript:/);
  });

  it('ignores every parameter that would name a target', async () => {
    const page = await login
      .browser()
      .get('/login?next=https://evil.example&redirect_uri=https://evil.example&url=//evil.example');
    expect(page.headers.get('location')).toBeNull();
    expect(page.text).not.toContain('evil.example');
  });
});

describe('guessing passwords', () => {
  async function guess(username: string, password: string, jar = new Map<string, string>(), headers = {}) {
    const browser = login.browser();
    for (const [name, value] of jar) browser.jar.set(name, value);
    const start = await browser.get(`/login?${QUERY}`);
    return browser.post('/login/sign-in', { form_token: formToken(start), username, password }, headers);
  }
  const strip = (page: Seen, name: string) => page.text.replace(/value="[^"]*"/g, '').replaceAll(name, '');

  it('answers the same for a wrong password and an unknown name', async () => {
    const wrong = await guess('alice', 'wrong');
    const unknown = await guess('nobody', 'wrong');
    expect([wrong.status, unknown.status]).toEqual([403, 403]);
    expect(strip(wrong, 'alice')).toBe(strip(unknown, 'nobody'));
    expect(textOf(wrong, 'form-error')).toBe('The username or the password is wrong.');
    expect(puts()).toEqual([]);
  });

  it('lets nobody wait for long: the wait grows with each failure, and ends', async () => {
    for (const name of ['nobody', 'alice']) {
      for (let count = 0; count < 5; count++) expect((await guess(name, 'wrong')).status).toBe(403);
      for (const wait of [1, 2, 4, 8, 16, 32, 60, 60]) {
        const early = await guess(name, 'secret');
        expect([early.status, early.headers.get('retry-after')]).toEqual([429, String(wait)]);
        const words = wait === 1 ? 'one second' : `${wait} seconds`;
        expect(textOf(early, 'form-error')).toBe(`Too many failed attempts. Try again in ${words}.`);
        login.clock.now += wait * 1000;
        expect((await guess(name, 'wrong')).status).toBe(403);
      }
    }
    expect((await guess('bobby', 'secret')).status).toBe(200);
    // Neither trying early nor the many failures keep the owner out, in whatever browser.
    login.clock.now += 59_000;
    expect((await guess('alice', 'secret')).status).toBe(429);
    login.clock.now += 1000;
    expect((await guess('alice', 'secret')).status).toBe(200);
    expect((await guess('alice', 'wrong')).status).toBe(403);
  });

  it('tells nobody which names are of one account, or of any: each counts as it is typed', async () => {
    for (const name of ['alice', 'nobody']) {
      for (let count = 0; count < 5; count++) expect((await guess(name, 'wrong')).status).toBe(403);
      expect((await guess(name, 'wrong')).status).toBe(429);
    }
    expect((await guess(' ALICE', 'wrong')).status).toBe(429);
    for (const other of ['alice@example.com', 'nobody@example.com']) {
      expect((await guess(other, 'wrong')).status).toBe(403);
    }
  });

  it('slows down guesses at one name that come from many addresses', async () => {
    await using proxied = await startLogin({ trustProxy: true });
    const attempt = async (from: string) => {
      const browser = proxied.browser();
      const fields = {
        form_token: formToken(await browser.get(`/login?${QUERY}`)),
        username: 'alice',
        password: 'wrong',
      };
      return (await browser.post('/login/sign-in', fields, { 'x-forwarded-for': from })).status;
    };
    for (let count = 0; count < 50; count++) expect(await attempt(`10.0.1.${count}`)).toBe(403);
    expect(await attempt('10.0.2.1')).toBe(429);
  });

  it('counts guesses that run at the same time', async () => {
    const pages = await Promise.all(Array.from({ length: 20 }, () => guess('alice', 'wrong')));
    expect(pages.filter(({ status }) => status === 403)).toHaveLength(5);
    expect(pages.filter(({ status }) => status === 429)).toHaveLength(15);
  });

  it('limits attempts per address over many accounts, and believes X-Forwarded-For only when told to', async () => {
    await using proxied = await startLogin({ trustProxy: true, limits: { ...DEFAULT_LIMITS, perAddress: 3 } });
    const attempt = async (name: string, forwarded: string) => {
      const browser = proxied.browser();
      const start = await browser.get(`/login?${QUERY}`);
      const fields = { form_token: formToken(start), username: name, password: 'wrong' };
      return (await browser.post('/login/sign-in', fields, { 'x-forwarded-for': forwarded })).status;
    };
    for (const name of ['a', 'b', 'c']) expect(await attempt(name, `10.9.9.${name.charCodeAt(0)}, 10.0.0.1`)).toBe(403);
    expect(await attempt('d', '10.9.9.9, 10.0.0.1')).toBe(429);
    expect(await attempt('d', '10.0.0.1, 10.0.0.2')).toBe(403);
    await using direct = await startLogin({ limits: { ...DEFAULT_LIMITS, perAddress: 1 } });
    const browser = direct.browser();
    const fields = { form_token: formToken(await browser.get(`/login?${QUERY}`)), username: 'a', password: 'wrong' };
    await browser.post('/login/sign-in', fields, { 'x-forwarded-for': '10.0.0.1' });
    expect((await browser.post('/login/sign-in', fields, { 'x-forwarded-for': '10.0.0.2' })).status).toBe(429);
  });

  it('does not let strangers keep an account waiting in a browser that it has used before', async () => {
    const own = login.browser();
    await own.post('/login/sign-in', { form_token: formToken(await own.get(`/login?${QUERY}`)), ...CREDENTIALS });
    for (let count = 0; count < 6; count++) await guess('alice', 'wrong');
    expect((await guess('alice', 'secret')).status).toBe(429);
    expect((await guess('alice', 'secret', own.jar)).status).toBe(200);
  });

  it('logs failures without names that were typed and without passwords', async () => {
    await guess('my-password-in-the-wrong-field', 'hunter2');
    expect(login.lines.filter(({ level }) => level === 'warn').map(({ id }) => id)).toEqual(['LG2001']);
    expect(JSON.stringify(login.lines)).not.toMatch(/hunter2|wrong-field/);
  });

  it('takes empty, huge and repeated fields calmly', async () => {
    expect((await guess('', '')).status).toBe(400);
    expect((await guess('alice', '')).status).toBe(400);
    expect((await guess('a'.repeat(50_000), 'x')).status).toBe(403);
    expect((await guess('alice', 'x'.repeat(50_000))).status).toBe(403);
  });
});

describe('requests that are begun and never finished', () => {
  const limits = { perAddress: 3, total: 5, lifetime: 900 };
  const begin = (fixture: LoginFixture, from: string) =>
    fixture.browser().get(`/login?${QUERY}`, { 'x-forwarded-for': from });
  const kept = (fixture: LoginFixture) => fixture.recorded.calls.filter(({ method }) => method === 'POST').length;

  it('are so many of one address and no more: the page says when to come back, and the server keeps nothing', async () => {
    await using own = await startLogin({ trustProxy: true, requestLimits: limits });
    for (let count = 0; count < 3; count++) expect((await begin(own, '10.0.0.1')).status).toBe(200);
    own.clock.now += 60_000;
    const refusal = await begin(own, '10.0.0.1');
    expect([refusal.status, refusal.headers.get('retry-after')]).toEqual([429, '840']);
    expect(textOf(refusal, 'error-code')).toBe('too_many_requests');
    expect(textOf(refusal, 'error-description')).toContain('Try again in 14 minutes.');
    expect(kept(own)).toBe(3);
    expect(own.lines.find(({ id }) => id === 'LG2006')?.fields).toEqual({ address: '10.0.0.1', retry_after: 840 });
    own.clock.now += 840_000;
    expect((await begin(own, '10.0.0.1')).status).toBe(200);
  });

  it('are so many in all and no more, from however many addresses', async () => {
    await using own = await startLogin({ trustProxy: true, requestLimits: limits });
    const pages = await Promise.all(Array.from({ length: 9 }, (_, count) => begin(own, `10.0.1.${count}`)));
    expect(pages.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(pages.filter(({ status }) => status === 503)).toHaveLength(4);
    expect(kept(own)).toBe(5);
    expect(own.lines.some(({ level, id }) => level === 'error' && id === 'LG2007')).toBe(true);
  });

  it('are not begun by pictures and scripts of another site, which would use up the limit of a visitor', async () => {
    // Not by fetch, which says a mode of its own.
    const status = (site: string, mode: string) => {
      const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
      const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode };
      const request = rawRequest(`${login.origin}/login?${QUERY}`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject).end();
      return promise;
    };
    for (const site of ['cross-site', 'same-site']) {
      for (const mode of ['no-cors', 'cors', 'websocket']) expect(await status(site, mode)).toBe(403);
    }
    expect(kept(login)).toBe(0);
    for (const site of ['cross-site', 'same-site', 'same-origin', 'none']) {
      expect(await status(site, 'navigate')).toBe(200);
    }
  });

  it('count no longer once they are answered, refused or canceled', async () => {
    await using own = await startLogin({ requestLimits: { ...limits, perAddress: 1 } });
    for (let count = 0; count < 3; count++) {
      const browser = own.browser();
      const start = formToken(await browser.get(`/login?${QUERY}`));
      const consent = formToken(await browser.post('/login/sign-in', { form_token: start, ...CREDENTIALS }));
      expect((await browser.post('/login/consent', { form_token: consent })).status).toBe(303);
      const other = own.browser();
      const again = formToken(await other.get(`/login?${QUERY}`));
      expect((await other.post('/login/cancel', { form_token: again })).status).toBe(303);
      expect((await other.get('/login?client_id=nobody')).status).toBe(400);
    }
  });
});

describe('odd requests', () => {
  it('answers 404, 405 with Allow, 413 and 415', async () => {
    const browser = login.browser();
    expect((await browser.get('/login/none')).status).toBe(404);
    expect((await browser.get('/loginx')).status).toBe(404);
    const wrong = await browser.get('/login/sign-in');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    const put = await browser.send('/login', { method: 'PUT', body: 'x' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    expect((await browser.send('/login/sign-in', json)).status).toBe(415);
    expect((await browser.post('/login', { request: 'x'.repeat(140_000) })).status).toBe(413);
  });

  it('stops reading an endless body', async () => {
    const { port } = new URL(login.origin);
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'transfer-encoding': 'chunked' };
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const request = rawRequest({ port, host: '127.0.0.1', method: 'POST', path: '/login', headers }, (response) => {
      void text(response).then(() => resolve(response.statusCode), reject);
    });
    request.on('error', () => resolve(undefined));
    for (let count = 0; count < 3; count++) request.write('a'.repeat(65_536));
    expect(await promise).toBe(413);
    request.destroy();
  });

  it('HEAD starts no authorization session, and rubbish cookies and bytes do no harm', async () => {
    const head = await login.browser().send(`/login?${QUERY}`, { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    expect(login.recorded.calls).toEqual([]);
    const { promise, resolve } = Promise.withResolvers<string>();
    const socket = connect(Number(new URL(login.origin).port), '127.0.0.1', () => {
      socket.write(
        `GET /login?${QUERY}&a=%ff%00 HTTP/1.1\r\nHost: x\r\nCookie: tessera_browser="\xff; =; ;;a\r\nConnection: close\r\n\r\n`,
        'latin1',
      );
    });
    socket.once('data', (data) => resolve(data.toString('latin1')));
    expect(await promise).toMatch(/^HTTP\/1.1 200/);
  });
});
