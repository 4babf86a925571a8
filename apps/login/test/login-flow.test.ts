import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createJsonLog } from '../src/log.ts';
import { hashPassword } from '../src/password-hash.ts';
import { parseScopeLabels } from '../src/scope-labels.ts';
import { formToken, textOf } from './browser.ts';
import { ALICE_SESSION, AUTH, CONSENT, type LoginFixture, QUERY, RESPONSE, startLogin } from './login-fixture.ts';

let login: LoginFixture;
beforeEach(async () => {
  login = await startLogin();
});
afterEach(() => login[Symbol.asyncDispose]());

async function toConsent() {
  const browser = login.browser();
  const start = await browser.get(`/login?${QUERY}`);
  const page = await browser.post('/login/sign-in', {
    form_token: formToken(start),
    username: 'alice',
    password: 'secret',
  });
  expect(page.status).toBe(200);
  return { browser, page };
}

describe('the main road', () => {
  it('relays the query untouched and shows client, policy and terms', async () => {
    const page = await login.browser().get(`/login?${QUERY}`);
    expect(login.recorded.last('POST').body).toEqual({ query: QUERY });
    expect(login.recorded.last('POST').token).toBe('Bearer api-token');
    expect(page.text).toContain('Cosy Café');
    expect(page.text).toContain('href="https://rp.example/policy"');
    expect(page.text).toContain('href="https://rp.example/tos"');
    expect(page.text).toMatch(/<label[^>]* for="username">/);
  });

  it('signs in, asks for consent, and redirects with the response', async () => {
    login.script();
    const { browser, page } = await toConsent();
    expect(login.recorded.last('PUT').body).toEqual({
      sub: 'alice',
      amr: ['pwd'],
      acr: 'urn:tessera:acr:password',
      data: { name: 'Alice Adams', login: 'alice', email: 'alice@example.com' },
    });
    expect(browser.jar.get('tessera_sub_sid')).toBe('sess-alice.mac');
    expect(textOf(page, 'signed-in-name')).toBe('Alice Adams');
    expect(page.text).toContain('alice@example.com');
    const end = await browser.post('/login/consent', [
      ['form_token', formToken(page)],
      ['scope', 'email'],
      ['scope', 'offline_access'],
      ['scope', 'profile'],
      ['claim', 'email'],
      ['claim', 'name'],
      ['remember', 'yes'],
    ]);
    expect(login.recorded.last('PUT').body).toEqual({
      scope: ['openid', 'email', 'offline_access', 'profile'],
      claims: ['email', 'name'],
      long_lived: true,
      refresh_token: { issue: true },
      id_token: { allow_refresh: true },
    });
    expect([end.status, end.headers.get('location')]).toEqual([303, RESPONSE.parameters.uri]);
  });

  it('takes email addresses and other letter case as the name', async () => {
    const browser = login.browser();
    const start = await browser.get(`/login?${QUERY}`);
    await browser.post('/login/sign-in', {
      form_token: formToken(start),
      username: ' ALICE@example.com',
      password: 'secret',
    });
    expect(login.recorded.last('PUT').body['sub']).toBe('alice');
  });

  it('takes back what was agreed to and is unticked, drops the claims of an unticked scope, ignores what was not offered, and issues no refresh token when declined', async () => {
    login.script();
    const { browser, page } = await toConsent();
    await browser.post('/login/consent', [
      ['form_token', formToken(page)],
      ['scope', 'admin'],
      ['claim', 'email'],
      ['claim', 'phone_number'],
      ['claim', 'https://x.example/level'],
    ]);
    expect(login.recorded.last('PUT').body).toEqual({
      scope: ['openid'],
      claims: ['https://x.example/level'],
      long_lived: false,
      refresh_token: { issue: false },
      id_token: { allow_refresh: true },
    });
  });

  it('cancels at either prompt', async () => {
    const browser = login.browser();
    const start = await browser.get(`/login?${QUERY}`);
    const { sid } = login.recorded.last('POST').answer;
    const end = await browser.post('/login/cancel', { form_token: formToken(start) });
    expect(login.recorded.last('DELETE').path).toBe(`/authz-sessions/rest/v3/${sid}?error=access_denied`);
    expect(end.headers.get('location')).toMatch(/^https:\/\/rp\.example\/cb\?error=access_denied&/);
    const { browser: other, page } = await toConsent();
    expect((await other.post('/login/cancel', { form_token: formToken(page) })).status).toBe(303);
  });

  it('posts a form_post response by itself, and by a button without script', async () => {
    const form = { code: 'a"b', state: '<s>' };
    login.recorded.on('POST start', {
      body: { type: 'response', mode: 'form_post', parameters: { uri: 'https://rp.example/cb', form } },
    });
    const page = await login.browser().get(`/login?${QUERY}`);
    expect(page.text).toContain('action="https://rp.example/cb"');
    expect(page.text).toContain('name="code" value="a&quot;b"');
    expect(page.text).toContain('name="state" value="&lt;s&gt;"');
    expect(page.text).toContain('id="continue"');
    expect(page.headers.get('content-security-policy')).toMatch(/script-src 'sha256-/);
    expect(page.headers.get('content-security-policy')).not.toContain('form-action');
  });

  it('shows a message of type error as a page, and never redirects', async () => {
    login.recorded.on('POST start', {
      body: { type: 'error', error: 'invalid_request', error_description: 'Invalid redirect_uri' },
    });
    const page = await login.browser().get('/login?client_id=c1');
    expect(page.status).toBe(400);
    expect(textOf(page, 'error-code')).toBe('invalid_request');
    expect(textOf(page, 'error-description')).toBe('Invalid redirect_uri');
  });

  it('refuses at once an essential ACR that a password does not reach', async () => {
    const claims = encodeURIComponent('{"id_token":{"acr":{"essential":true,"values":["loa3"]}}}');
    expect((await login.browser().get(`/login?${QUERY}&claims=${claims}`)).status).toBe(303);
    expect(login.recorded.last('DELETE').path).toContain('?error=unmet_authentication_requirements');
  });
});

describe('what the pages tell', () => {
  beforeEach(() => login.script());

  const shown = async (options: Parameters<typeof startLogin>[0], consent: object, redirectUri?: string) => {
    await using own = await startLogin(options);
    own.script();
    own.recorded.on('POST start', { body: consent });
    own.recorded.on('GET one', { body: { auth_req: { redirect_uri: redirectUri } } });
    return await own.browser().get(`/login?${QUERY}`);
  };

  it.each([
    ['https://rp.example:8443/cb?x=1', 'rp.example:8443'],
    ['https://rp.example@evil.example/cb', 'evil.example'],
    ['https://xn--rsum-bpad.example/', 'xn--rsum-bpad.example'],
    ['com.example.app:/cb', 'com.example.app:'],
  ])('the host where the answer goes: %s', async (uri, place) => {
    const page = await shown({}, CONSENT, uri);
    expect(/id="redirect-host">([^<]*)</.exec(page.text)?.[1]).toBe(place);
  });

  it('scope values of our own by the labels that the operator gives them, as text', async () => {
    const labels = parseScopeLabels(
      '{"photos":{"title":"See <b>photos</b>","explanation":"All of them"},"print":"Print"}',
    );
    const scope = { new: ['openid', 'photos', 'print', 'other'], consented: [] };
    const page = await shown({ scopeLabels: labels }, { ...CONSENT, scope });
    expect(page.text).toContain('<strong>See &lt;b&gt;photos&lt;/b&gt;</strong><small>All of them</small>');
    expect(page.text).toContain('<strong>Print</strong></span>');
    expect(page.text).toContain('<strong>other</strong>');
  });

  it('a client without a name by what it is, and not by its identifier as if that were one', async () => {
    const client = { client_id: 'c1' };
    const consent = await shown({}, { ...CONSENT, client });
    expect(consent.text).toContain('<h1>An application without a name would like to access your account</h1>');
    expect(/id="client-id">([^<]*)</.exec(consent.text)?.[1]).toBe('c1');
    const signIn = await shown({}, { ...AUTH, client });
    expect(signIn.text).toContain('to continue to an application without a name');
  });

  it('a failure with a way on and a reference that is in the log', async () => {
    const lost = await login.browser().get('/login/none');
    expect(lost.text).toContain('id="error-action" href="/login"');
    login.recorded.on('POST start', { body: { type: 'error', error: 'invalid_request' } });
    const refused = await login.browser().get('/login?client_id=nobody');
    for (const page of [lost, refused]) {
      const reference = textOf(page, 'error-reference');
      expect(reference).toMatch(/^[0-9a-f-]{36}$/);
      expect(login.lines.some(({ fields }) => fields['reference'] === reference)).toBe(true);
    }
    const client = { ...AUTH.client, uri: 'https://rp.example/' };
    login.recorded.on('POST start', { body: { ...AUTH, client } });
    login.recorded.on('PUT one', { status: 404, body: { error: 'invalid_session' } });
    const browser = login.browser();
    const token = formToken(await browser.get(`/login?${QUERY}`));
    const expired = await browser.post('/login/sign-in', { form_token: token, username: 'alice', password: 'secret' });
    expect(textOf(expired, 'error-code')).toBe('session_expired');
    expect(expired.text).toContain('id="error-action" href="https://rp.example/"');
  });
});

describe('scope values that the server does not know', () => {
  const scope = {
    new: ['openid', 'email', 'photos'],
    consented: ['openid,email', 'profile'],
    unknown: ['photos', 'openid,email'],
  };

  it('are neither asked for nor given', async () => {
    login.script();
    login.recorded.on('POST start', { body: { ...CONSENT, scope } });
    const browser = login.browser();
    const page = await browser.get(`/login?${QUERY}`);
    expect(page.text).not.toMatch(/photos|openid,email/);
    const boxes = ['email', 'photos', 'openid,email', 'profile'].map((value) => ['scope', value] as const);
    await browser.post('/login/consent', [['form_token', formToken(page)], ...boxes]);
    expect(login.recorded.last('PUT').body['scope']).toEqual(['openid', 'email', 'profile']);
  });

  it('are nothing new where the client wants no page', async () => {
    login.script();
    const nothingNew = { new: ['photos'], consented: ['openid'], unknown: ['photos'] };
    login.recorded.on('POST start', { body: { ...CONSENT, scope: nothingNew, claims: {} } });
    login.recorded.on('GET one', { body: { auth_req: { prompt: ['none'] }, sub_session: ALICE_SESSION } });
    await login.browser().get(`/login?${QUERY}`);
    expect(login.recorded.last('PUT').body['scope']).toEqual(['openid']);
  });
});

describe('the log', () => {
  it('has a line for each sign-in, with the subject and nothing else of the person', async () => {
    login.script();
    await toConsent();
    const fields = { sub: 'alice', client_id: 'c1', acr: 'urn:tessera:acr:password' };
    expect(login.lines.filter(({ id }) => id === 'LG2004')).toEqual([{ level: 'info', id: 'LG2004', fields }]);
    expect(JSON.stringify(login.lines)).not.toMatch(/Adams|example\.com|127\.0\.0\.1|authz-1|sess-alice/);
  });

  it('has levels as the server writes them', () => {
    const lines: string[] = [];
    const log = createJsonLog((line) => lines.push(line));
    log.info('LG0001', 'a');
    log.warn('LG0001', 'b');
    log.error('LG0001', 'c');
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(['INFO', 'WARN', 'ERROR']);
  });

  it('names the users file with the number of users when it is read', () => {
    const fields = { path: login.usersFile, users: 2 };
    expect(login.lines[0]).toEqual({ level: 'info', id: 'LG1001', fields });
  });
});

describe('ID tokens on refresh', () => {
  it.each([true, false])('are ordered as the operator wants: %s', async (refreshIdTokens) => {
    await using own = await startLogin({ refreshIdTokens });
    const browser = own.browser();
    const start = formToken(await browser.get(`/login?${QUERY}`));
    const fields = { form_token: start, username: 'alice', password: 'secret' };
    const consent = formToken(await browser.post('/login/sign-in', fields));
    await browser.post('/login/consent', { form_token: consent });
    expect(own.recorded.last('PUT').body['id_token']).toEqual({ allow_refresh: refreshIdTokens });
  });
});

describe('consent for a known session', () => {
  beforeEach(() => login.script());

  const silent = { body: { auth_req: { prompt: ['none'] }, sub_session: ALICE_SESSION } };
  const nothingNew = {
    ...CONSENT,
    scope: { new: [], consented: ['openid'] },
    claims: { consented: { voluntary: ['name'] } },
  };

  it('is asked for at once, and sets the session cookie', async () => {
    login.recorded.on('POST start', { body: CONSENT });
    const browser = login.browser();
    expect((await browser.get(`/login?${QUERY}`)).text).toContain('id="consent-form"');
    expect(browser.jar.get('tessera_sub_sid')).toBe('sess-alice.mac');
  });

  it('is repeated without a page for prompt=none when nothing is new', async () => {
    login.recorded.on('POST start', { body: nothingNew });
    login.recorded.on('GET one', silent);
    expect((await login.browser().get(`/login?${QUERY}`)).status).toBe(303);
    expect(login.recorded.last('PUT').body).toMatchObject({ scope: ['openid'], claims: ['name'] });
  });

  it('is refused without a page for prompt=none when something is new', async () => {
    login.recorded.on('POST start', { body: CONSENT });
    login.recorded.on('GET one', silent);
    expect((await login.browser().get(`/login?${QUERY}`)).status).toBe(303);
    expect(login.recorded.last('DELETE').path).toContain('?error=consent_required');
  });
});

describe('authorization requests by POST', () => {
  it('turns a post from another site into a GET, so that the session cookie comes along', async () => {
    const end = await login.browser().post('/login', { client_id: 'c1', scope: 'openid email' });
    expect([end.status, end.headers.get('location')]).toEqual([303, '/login?client_id=c1&scope=openid+email']);
  });

  it('relays the body where the browser is known, and posts long ones once more', async () => {
    const browser = login.browser();
    await browser.get(`/login?${QUERY}`);
    await browser.post('/login', { client_id: 'c2' });
    expect(login.recorded.last('POST').body['query']).toBe('client_id=c2');
    const long = { ...Object.fromEntries(new URLSearchParams(QUERY)), unknown: 'x'.repeat(6000) };
    const bounce = await login.browser().post('/login', long);
    expect(bounce.text).toContain('action="/login?relayed=1"');
    const page = await login.browser().post('/login?relayed=1', long);
    expect(page.text).toContain('id="sign-in-form"');
    expect(login.recorded.last('POST').body['query']).toBe(new URLSearchParams(long).toString());
  });
});

describe('accounts and sessions', () => {
  const withSession = { ...AUTH, select_account: true, sub_session: ALICE_SESSION };
  const inspected = (auth_req: object) => ({ body: { auth_req, sub_session: ALICE_SESSION } });

  async function choose(auth: object, request: object) {
    login.recorded.on('POST start', { body: auth });
    login.recorded.on('GET one', inspected(request));
    const browser = login.browser();
    browser.jar.set('tessera_sub_sid', 'sess-alice.mac');
    const page = await browser.get(`/login?${QUERY}`);
    expect(page.text).toContain('Alice Adams');
    return browser.post('/login/account', { form_token: formToken(page), account: 'alice' });
  }

  it('continues a live session without password, with its own auth_time', async () => {
    await choose(withSession, { prompt: ['select_account'] });
    expect(login.recorded.last('PUT').body).toMatchObject({ sub: 'alice', auth_time: 1_800_000_000, amr: ['pwd'] });
  });

  it.each([
    ['prompt=login too', withSession, { prompt: ['select_account', 'login'] }],
    ['max_age passed', withSession, { prompt: ['select_account'], max_age: 60 }],
    ['another ACR', { ...withSession, acr: { essential: false, values: ['other'] } }, { prompt: ['select_account'] }],
    ['no account choice asked for', { ...AUTH, sub_session: ALICE_SESSION }, { prompt: [] }],
  ])('asks for the password: %s', async (_name, auth, request) => {
    const page = await choose(auth, request);
    expect(page.text).toContain('id="password"');
    expect(login.recorded.calls.some(({ method }) => method === 'PUT')).toBe(false);
  });

  it('does not offer the session of one person when another one is required', async () => {
    login.recorded.on('POST start', { body: { ...withSession, required_sub: 'bob' } });
    const page = await login.browser().get(`/login?${QUERY}`);
    expect(page.text.includes('Alice Adams')).toBe(false);
    expect(textOf(page, 'notice')).toContain('the account that you used with it before');
  });

  it('asks for the password when the session has ended meanwhile', async () => {
    login.recorded.on('POST start', { body: withSession });
    login.recorded.on('GET one', { body: { auth_req: { prompt: ['select_account'] } } });
    const browser = login.browser();
    browser.jar.set('tessera_sub_sid', 'sess-alice.mac');
    const page = await browser.get(`/login?${QUERY}`);
    browser.jar.delete('tessera_sub_sid');
    const next = await browser.post('/login/account', { form_token: formToken(page), account: 'alice' });
    expect(next.text).toContain('id="password"');
  });

  it('offers the accounts of this browser, and forgets one on sign-out', async () => {
    const { browser } = await toConsent();
    const sid = browser.jar.get('tessera_sub_sid');
    const choose = `/login?${QUERY}&prompt=select_account`;
    // A browser that keeps the accounts and no session.
    browser.jar.delete('tessera_sub_sid');
    const chooser = await browser.get(choose);
    browser.jar.set('tessera_sub_sid', sid ?? '');
    expect(chooser.text).toContain('id="account-1"');
    const chosen = await browser.post('/login/account', { form_token: formToken(chooser), account: 'alice' });
    expect(chosen.text).toContain('name="username" value="alice"');
    const landing = await browser.get('/login/');
    expect(textOf(landing, 'signed-in-name')).toBe('Alice Adams');
    const out = await browser.post('/login/sign-out', { form_token: formToken(landing) });
    expect(textOf(out, 'notice')).toBe('You are signed out');
    expect(out.text).not.toContain('You are not signed in');
    expect(login.recorded.last('DELETE')).toMatchObject({ sid, token: 'Bearer session-token' });
    expect(browser.jar.has('tessera_sub_sid')).toBe(false);
    expect((await browser.get(choose)).text).not.toContain('id="account-1"');
  });

  it('asks to confirm an existing session, with the name filled in and a way out', async () => {
    login.recorded.on('POST start', { body: { ...AUTH, sub_session: ALICE_SESSION } });
    const browser = login.browser();
    const page = await browser.get(`/login?${QUERY}`);
    expect(page.text).toContain('Confirm that it is you');
    expect(page.text).toContain('name="username" value="alice"');
    const other = await browser.post('/login/account', { form_token: formToken(page), account: '' });
    expect(other.text).toContain('name="username" value=""');
  });

  it('switches and signs out at the consent page, and stays within the request', async () => {
    const { browser, page } = await toConsent();
    const { path } = login.recorded.last('PUT');
    const other = await browser.post('/login/account', { form_token: formToken(page), account: '' });
    expect(other.text).toContain('id="sign-in-form"');
    const out = await browser.post('/login/sign-out', { form_token: formToken(page) });
    expect(textOf(out, 'notice')).toBe('You are signed out.');
    await browser.post('/login/sign-in', { form_token: formToken(out), username: 'bobby', password: 'secret' });
    expect(login.recorded.last('PUT')).toMatchObject({ path, body: { sub: 'bob' } });
  });

  it.each([
    ['use another account', '/login/account', { account: '' }],
    ['sign out', '/login/sign-out', {}],
  ])('keeps the requested ACR when another account signs in at the consent page: %s', async (_name, path, fields) => {
    await using levels = await startLogin({ acrs: ['basic', 'strong'] });
    const claims = encodeURIComponent('{"id_token":{"acr":{"essential":true,"values":["loa9","strong"]}}}');
    const browser = levels.browser();
    const post = (address: string, token: string, more: Record<string, string>) =>
      browser.post(address, { form_token: token, ...more });
    const start = formToken(await browser.get(`/login?${QUERY}&claims=${claims}`));
    const { sid } = levels.recorded.last('POST').answer;
    const consent = await post('/login/sign-in', start, { username: 'alice', password: 'secret' });
    expect(levels.recorded.last('PUT').body).toMatchObject({ sub: 'alice', acr: 'strong' });
    const again = await post(path, formToken(consent), fields);
    const mistaken = await post('/login/sign-in', formToken(again), { username: 'bobby', password: 'wrong' });
    await post('/login/sign-in', formToken(mistaken), { username: 'bobby', password: 'secret' });
    expect(levels.recorded.last('PUT').body).toMatchObject({ sub: 'bob', acr: 'strong' });
    expect(levels.recorded.calls.filter(({ method }) => method === 'GET').at(-1)?.path).toBe(
      `/authz-sessions/rest/v3/${sid}`,
    );
  });

  it('reports the level of a password when the client asked for none at the consent page', async () => {
    const { browser, page } = await toConsent();
    const again = await browser.post('/login/account', { form_token: formToken(page), account: '' });
    await browser.post('/login/sign-in', { form_token: formToken(again), username: 'bobby', password: 'secret' });
    expect(login.recorded.last('PUT').body).toMatchObject({ sub: 'bob', acr: 'urn:tessera:acr:password' });
  });

  it('is signed out although the request has expired meanwhile', async () => {
    const { browser, page } = await toConsent();
    const sid = browser.jar.get('tessera_sub_sid');
    login.recorded.on('GET one', { status: 404, body: { error: 'invalid_session' } });
    const out = await browser.post('/login/sign-out', { form_token: formToken(page) });
    expect([out.status, textOf(out, 'error-code')]).toEqual([400, 'session_expired']);
    expect(login.recorded.last('DELETE')).toMatchObject({ sid });
    expect(browser.jar.has('tessera_sub_sid')).toBe(false);
  });

  it('says plainly that there is no sign-up, fills in the login hint, and knows popups', async () => {
    login.recorded.on('POST start', {
      body: { ...AUTH, create_account: true, login_hint: 'al"ice', display: 'popup' },
    });
    const page = await login.browser().get(`/login?${QUERY}`);
    expect(textOf(page, 'create-account-notice')).toContain('cannot be created here');
    expect(page.text).not.toMatch(/Create an account|demonstration/);
    expect(page.text).toContain('value="al&quot;ice"');
    expect(page.text).toContain('<body class="popup">');
  });

  it('shows a plain hint where nobody is signed in, and drops a dead session cookie', async () => {
    login.recorded.on('GET session', { status: 404, body: { error: 'invalid_session' } });
    const browser = login.browser();
    browser.jar.set('tessera_sub_sid', 'old.mac');
    expect(textOf(await browser.get('/login'), 'not-signed-in')).toContain('Open the application');
    expect(browser.jar.has('tessera_sub_sid')).toBe(false);
  });
});

describe('when the server does not help', () => {
  it.each([
    [404, { error: 'invalid_session' }, 400, 'session_expired'],
    [400, { error: 'invalid_request' }, 400, 'request_refused'],
    [401, { error: 'invalid_token' }, 503, 'temporarily_unavailable'],
    [403, { error: 'insufficient_scope' }, 503, 'temporarily_unavailable'],
    [403, { error: 'web_api_disabled' }, 503, 'temporarily_unavailable'],
    [500, { error: 'server_error' }, 503, 'temporarily_unavailable'],
    [200, { type: 'surprise' }, 503, 'temporarily_unavailable'],
  ])('a %i answer %j to the sign-in is a page %i %s and a log line', async (status, body, shown, code) => {
    const browser = login.browser();
    const start = await browser.get(`/login?${QUERY}`);
    login.recorded.on('PUT one', { status, body });
    const page = await browser.post('/login/sign-in', {
      form_token: formToken(start),
      username: 'alice',
      password: 'secret',
    });
    expect([page.status, textOf(page, 'error-code')]).toEqual([shown, code]);
    const problems = login.lines.filter(({ id }) => /^LG300/.test(id));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.fields['reference']).toBe(textOf(page, 'error-reference'));
    expect(JSON.stringify(login.lines)).not.toContain('authz-1');
  });

  describe('and an account has no session left', () => {
    const exhausted = { status: 403, body: { error: 'access_denied', error_description: 'The session quota' } };
    const problem =
      'You are signed in with this account in too many places. Sign out in one of them, then sign in here again.';

    it('says so on the sign-in page, which works again once there is one', async () => {
      const browser = login.browser();
      const start = await browser.get(`/login?${QUERY}`);
      login.recorded.on('PUT one', exhausted);
      const fields = { username: 'alice', password: 'secret' };
      const page = await browser.post('/login/sign-in', { form_token: formToken(start), ...fields });
      expect([page.status, textOf(page, 'form-error')]).toEqual([403, problem]);
      expect(page.text).toContain('name="username" value="alice"');
      expect(login.lines.filter(({ level }) => level === 'warn')).toEqual([
        { level: 'warn', id: 'LG2003', fields: expect.objectContaining({ sub: 'alice', address: '127.0.0.1' }) },
      ]);
      expect(JSON.stringify(login.lines)).not.toContain('authz-1');
      login.recorded.on('PUT one', { body: CONSENT });
      login.recorded.on('GET one', { body: {} });
      const next = await browser.post('/login/sign-in', { form_token: formToken(page), ...fields });
      expect(next.text).toContain('id="consent-form"');
    });

    it('tells nobody whose password is wrong', async () => {
      const browser = login.browser();
      const start = await browser.get(`/login?${QUERY}`);
      login.recorded.on('PUT one', exhausted);
      const fields = { form_token: formToken(start), username: 'alice', password: 'wrong' };
      expect(textOf(await browser.post('/login/sign-in', fields), 'form-error')).toBe(
        'The username or the password is wrong.',
      );
    });

    it('says so when a session was to continue', async () => {
      const request = { auth_req: { prompt: ['select_account'] }, sub_session: ALICE_SESSION };
      login.recorded.on('POST start', { body: { ...AUTH, select_account: true, sub_session: ALICE_SESSION } });
      login.recorded.on('GET one', { body: request });
      login.recorded.on('PUT one', exhausted);
      const browser = login.browser();
      browser.jar.set('tessera_sub_sid', 'sess-alice.mac');
      const start = await browser.get(`/login?${QUERY}`);
      const page = await browser.post('/login/account', { form_token: formToken(start), account: 'alice' });
      expect([page.status, textOf(page, 'form-error')]).toEqual([403, problem]);
    });
  });

  it('a server that is not there is a page too', async () => {
    await using lonely = await startLogin({ apiBaseUrl: 'http://127.0.0.1:1' });
    const page = await lonely.browser().get(`/login?${QUERY}`);
    expect([page.status, textOf(page, 'error-code')]).toEqual([503, 'temporarily_unavailable']);
  });

  it('takes each its own password, whatever kind of hash the others in the file have', async () => {
    const users = [
      { sub: 'carol', password: await hashPassword('carols') },
      { sub: 'dave', password: await hashPassword('daves', 'scrypt') },
    ];
    await writeFile(login.usersFile, JSON.stringify({ users }));
    const status = async (username: string, password: string) => {
      const browser = login.browser();
      const fields = { form_token: formToken(await browser.get(`/login?${QUERY}`)), username, password };
      return (await browser.post('/login/sign-in', fields)).status;
    };
    for (const [name, password, expected] of [
      ['carol', 'carols', 200],
      ['dave', 'daves', 200],
      ['carol', 'daves', 403],
      ['dave', 'carols', 403],
      ['nobody', 'daves', 403],
    ] as const) {
      expect([name, password, await status(name, password)]).toEqual([name, password, expected]);
    }
  });

  it('reads the users file again when it changes, and keeps the last good one', async () => {
    const browser = login.browser();
    const attempt = async () => {
      const start = await browser.get(`/login?${QUERY}`);
      return browser.post('/login/sign-in', { form_token: formToken(start), username: 'alice', password: 'secret' });
    };
    await writeFile(login.usersFile, '{ broken');
    expect((await attempt()).status).toBe(200);
    expect(login.lines.filter(({ level }) => level === 'error').map(({ id }) => id)).toEqual(['LG1002']);
    await writeFile(login.usersFile, '{ "users": [] }');
    expect((await attempt()).status).toBe(403);
  });
});
