import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPlayground } from '../src/app.ts';
import { attributeOf, type BrowserDouble, createBrowserDouble, textOf, type Visited } from './browser-double.ts';
import { type Listening, listen } from './listen.ts';
import { CLIENT, startProvider, type TestProvider } from './provider.ts';

let site: Listening;
let server: TestProvider;
let home: string;

beforeAll(async () => {
  // To a browser another site than the server, which is at localhost.
  site = await listen('127.0.0.1');
  home = `${site.origin}/playground`;
  server = await startProvider(`${home}/callback`);
  // Standing still, so that what a page says of times does not depend on how fast the machine is.
  const begin = Math.floor(Date.now() / 1000);
  const clock = { now: () => begin };
  const playground = createPlayground({
    basePath: '/playground',
    publicUrl: home,
    issuer: server.issuer,
    clock,
    ...CLIENT,
  });
  site.use(playground.handler);
});

afterAll(async () => {
  await site.close();
  await server.close();
});

const CREDENTIALS = { username: 'alice', password: 'secret' };

/** From the start page through login and consent of the development pages to the answer of the redirect URI. */
async function throughLogin(browser: BrowserDouble, options: Readonly<Record<string, string>> = {}): Promise<Visited> {
  const start = await browser.get(home);
  const login = await browser.submit(start, 'options-form', { prompt: 'consent', ...options });
  const consent = await browser.submit(login, '/sign-in', CREDENTIALS);
  return browser.submit(consent, '/consent');
}

function json(page: Visited, id: string): unknown {
  return JSON.parse(textOf(page, id) ?? 'null');
}

describe('the code flow against the server', () => {
  test('shows the request, the response and the decoded tokens', async () => {
    const page = await throughLogin(createBrowserDouble());
    expect(page.url).toBe(`${home}/result`);
    expect(attributeOf(page, 'result', 'data-outcome')).toBe('ok');
    expect(textOf(page, 'subject')).toBe('alice');
    expect(json(page, 'id-token-claims')).toMatchObject({ iss: server.issuer, sub: 'alice', aud: CLIENT.clientId });
    expect(json(page, 'id-token-header')).toMatchObject({ alg: 'RS256' });
    expect(textOf(page, 'id-token-signature')).toContain('RSA key');
    expect(textOf(page, 'id-token-times')).toMatch(/Expires exp.* UTC \(in 1 hour\)/);
    expect(attributeOf(page, 'access-token-kind', 'data-kind')).toBe('jwt');
    expect(textOf(page, 'authorization-response-parameters')).toMatch(/code.*state.*iss/);
    expect(textOf(page, 'authorization-request-parameters')).toContain('code_challenge_methodS256');
    expect(json(page, 'token-body')).toMatchObject({ token_type: 'Bearer' });
    expect(page.body).toContain('grant_type');
  });

  test('never shows the client secret, plain or as Basic credentials', async () => {
    const page = await throughLogin(createBrowserDouble());
    expect(page.body).toContain('Basic ••••••••');
    expect(page.body).not.toContain(CLIENT.clientSecret);
    const basic = Buffer.from(`${CLIENT.clientId}:${CLIENT.clientSecret}`).toString('base64');
    expect(page.body).not.toContain(basic);
  });

  test('gives the browser a new session identifier after the sign-in', async () => {
    const browser = createBrowserDouble();
    const before = (await browser.get(home)).headers.get('set-cookie');
    const start = await browser.get(home);
    const login = await browser.submit(start, 'options-form', { prompt: 'consent' });
    const consent = await browser.submit(login, '/sign-in', CREDENTIALS);
    await browser.submit(consent, '/consent');
    const planted = before?.split(';')[0] ?? '';
    const stranger = await fetch(`${home}/result`, { headers: { cookie: planted }, redirect: 'manual' });
    expect(before).toMatch(/^tessera_playground=[\w-]{43}; Path=\/playground; HttpOnly; SameSite=Lax$/);
    expect(stranger.headers.get('location')).toBe('/playground');
  });

  test('lets the keyboard reach every box that scrolls', async () => {
    const page = await throughLogin(createBrowserDouble());
    const boxes = [...page.body.matchAll(/<pre [^>]*>/g)].map(([tag]) => tag);
    expect(boxes.length).toBeGreaterThan(4);
    for (const box of boxes) expect(box).toContain(' tabindex="0"');
    expect(page.body).toContain('id="access-token-claims" tabindex="0"');
  });

  test('refreshes, asks UserInfo, introspects and revokes', async () => {
    const browser = createBrowserDouble();
    const signedIn = await throughLogin(browser);
    const refreshed = await browser.submit(signedIn, '/refresh');
    expect(attributeOf(refreshed, 'step-refresh', 'data-outcome')).toBe('ok');
    expect(textOf(refreshed, 'access-token-raw')).not.toBe(textOf(signedIn, 'access-token-raw'));
    const userinfo = await browser.submit(refreshed, '/userinfo');
    expect(json(userinfo, 'userinfo-body')).toMatchObject({ sub: 'alice', email: 'alice@example.com' });
    const active = await browser.submit(userinfo, '/introspect');
    expect(json(active, 'introspect-body')).toMatchObject({ active: true, sub: 'alice' });
    expect(textOf(active, 'introspect-times')).toContain('Expires');
    const revoked = await browser.submit(active, '/revoke-access');
    expect(attributeOf(revoked, 'step-revoke-access', 'data-outcome')).toBe('ok');
    const inactive = await browser.submit(revoked, '/introspect');
    expect(json(inactive, 'introspect-body')).toEqual({ active: false });
    const refused = await browser.submit(inactive, '/userinfo');
    expect(attributeOf(refused, 'step-userinfo', 'data-outcome')).toBe('failed');
    expect(textOf(refused, 'userinfo-failure-code')).toBe('invalid_token');
    const ended = await browser.submit(refused, '/revoke-refresh');
    const gone = await browser.submit(ended, '/refresh');
    expect(textOf(gone, 'refresh-failure-code')).toBe('invalid_grant');
    expect(textOf(gone, 'refresh-status')).toBe('400');
  });

  test('signs in again without a prompt, and says login_required to a browser that nobody signed in with', async () => {
    const browser = createBrowserDouble();
    const first = await throughLogin(browser);
    const second = await browser.submit(first, '/again');
    expect(attributeOf(second, 'result', 'data-outcome')).toBe('ok');
    expect(textOf(second, 'authorization-request-parameters')).toContain('promptnone');
    expect(textOf(second, 'id-token-raw')).not.toBe(textOf(first, 'id-token-raw'));

    const stranger = createBrowserDouble();
    const refused = await stranger.submit(await stranger.get(home), 'options-form', { prompt: 'none' });
    expect(attributeOf(refused, 'result', 'data-outcome')).toBe('failed');
    expect(textOf(refused, 'sign-in-failure-code')).toBe('login_required');
    expect(textOf(refused, 'sign-in-failure-meaning')).toContain('prompt=none');
  });

  test('starts over: the tokens are forgotten', async () => {
    const browser = createBrowserDouble();
    const start = await browser.submit(await throughLogin(browser), '/start-over');
    expect(start.url).toBe(home);
    const result = await browser.follow(await browser.get(`${home}/result`));
    expect(result.url).toBe(home);
  });

  test('receives form_post as a POST from another site, without its cookie', async () => {
    const browser = createBrowserDouble();
    const formPage = await throughLogin(browser, { response_mode: 'form_post' });
    const fields = Object.fromEntries(
      [...formPage.body.matchAll(/name="(\w+)" value="([^"]*)"/g)].map((m) => [m[1] ?? '', m[2] ?? '']),
    );
    const posted = await browser.post(`${home}/callback`, fields, { crossSite: true });
    expect(posted.status).toBe(303);
    expect(posted.headers.get('set-cookie')).toBeNull();
    const page = await browser.follow(posted);
    expect(attributeOf(page, 'result', 'data-outcome')).toBe('ok');
    expect(attributeOf(page, 'authorization-response', 'data-mode')).toBe('form_post');
  });

  test('receives a fragment through the form of its own page', async () => {
    const browser = createBrowserDouble();
    const start = await browser.get(home);
    const login = await browser.submit(start, 'options-form', { prompt: 'consent', response_mode: 'fragment' });
    const consent = await browser.submit(login, '/sign-in', CREDENTIALS);
    const atFragment = (url: string) => url.startsWith(`${home}/callback#`);
    const stopped = await browser.submit(consent, '/consent', {}, atFragment);
    const landing = await browser.get(`${home}/callback`);
    const page = await browser.submit(landing, 'fragment-form', { response: new URL(stopped.url).hash.slice(1) });
    expect(attributeOf(page, 'result', 'data-outcome')).toBe('ok');
    expect(attributeOf(page, 'authorization-response', 'data-mode')).toBe('fragment');
  });
});

describe('the start page', () => {
  test('shows the request that the options make, and keeps the options', async () => {
    const browser = createBrowserDouble();
    const start = await browser.get(home);
    const csrf = /name="csrf" value="([^"]*)"/.exec(start.body)?.[1] ?? '';
    const form = {
      csrf,
      scope: 'openid',
      more_scopes: 'a b',
      max_age: '60',
      acr_values: 'x',
      claims: '{"id_token":{}}',
    };
    const page = await browser.follow(await browser.post(`${home}/options`, form));
    expect(textOf(page, 'preview-scope')).toMatch(/^openid a b/);
    expect(textOf(page, 'preview-max-age')).toMatch(/^60/);
    expect(textOf(page, 'preview-claims')).toMatch(/^\{"id_token":\{\}\}/);
    expect(textOf(page, 'preview-redirect-uri')).toContain(`${home}/callback`);
    expect(attributeOf(page, 'more-scopes', 'value')).toBe('a b');
    expect(page.body).not.toContain('id="preview-prompt"');
  });

  test.each([
    ['max_age', 'soon', 'max-age'],
    ['claims', '[1]', 'claims'],
    ['more_scopes', 'a"b', 'more-scopes'],
  ])('says what is wrong with %s=%s and sends nothing', async (name, value, id) => {
    const browser = createBrowserDouble();
    const page = await browser.submit(await browser.get(home), 'options-form', { [name]: value });
    expect(page.status).toBe(422);
    expect(textOf(page, `${id}-problem`)).not.toBe('');
    expect(attributeOf(page, id, 'aria-invalid')).toBe('true');
  });
});
