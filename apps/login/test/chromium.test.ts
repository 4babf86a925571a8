import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AUTH, CONSENT, type LoginFixture, startLogin } from './login-fixture.ts';

const EXECUTABLE = '/usr/bin/chromium';
const ARGS = `--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync`.split(/\s+/);

/** A client on `http://localhost`, another site than the login pages on 127.0.0.1. */
interface Client {
  readonly origin: string;
  /** What came to the redirection URI. */
  readonly received: { method: string; url: string; body: string }[];
  pages: Record<string, string>;
  close(): void;
}

async function startClient(): Promise<Client> {
  const received: Client['received'] = [];
  const client: Client = { origin: '', received, pages: {}, close: () => server.close() };
  const record = async (request: IncomingMessage) => {
    const body = await text(request);
    received.push({ method: request.method ?? '', url: request.url ?? '', body });
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (path === '/cb') {
      // As clients do: the callback leads on, here to yet another origin.
      const { port } = new URL(`http://${request.headers.host}`);
      void record(request).then(() => response.writeHead(303, { location: `http://127.0.0.1:${port}/home` }).end());
      return;
    }
    response.setHeader('content-type', 'text/html');
    response.end(client.pages[path] ?? '<h1 id="home">home</h1>');
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, resolve);
  await promise;
  return Object.assign(client, { origin: `http://localhost:${(server.address() as AddressInfo).port}` });
}

describe.skipIf(!existsSync(EXECUTABLE))('in Chromium (skipped where /usr/bin/chromium is missing)', () => {
  let browser: Browser;
  let login: LoginFixture;
  let client: Client;
  let context: BrowserContext;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGS });
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    login = await startLogin();
    login.script();
    client = await startClient();
    const answer = {
      type: 'response',
      mode: 'query',
      parameters: { uri: `${client.origin}/cb?code=abc` },
      sub_sid: 's.m',
    };
    login.recorded.on('PUT one', (call) => ({ body: 'sub' in call.body ? CONSENT : answer }));
  });
  afterEach(async () => {
    await context.close();
    client.close();
    await login[Symbol.asyncDispose]();
  });

  it.each([true, false])(
    'signs in, consents, and is led on by the client over two more origins (script: %s)',
    async (script) => {
      context = await browser.newContext({ javaScriptEnabled: script });
      const page = await context.newPage();
      await page.goto(`${login.origin}/login?client_id=c1`);
      await page.waitForSelector('#username:focus');
      await page.keyboard.type('alice');
      await page.keyboard.press('Tab');
      await page.waitForSelector('#password:focus');
      await page.keyboard.type('secret');
      await page.keyboard.press('Enter');
      await page.locator('#scope-email').uncheck();
      await page.click('#allow');
      await page.waitForSelector('#home');
      expect(client.received).toEqual([{ method: 'GET', url: '/cb?code=abc', body: '' }]);
      expect(login.recorded.last('PUT').body).toMatchObject({
        scope: ['openid', 'offline_access', 'profile'],
        claims: ['name', 'https://x.example/level'],
      });
    },
  );

  it.each([
    ['signing in', '#sign-in', false],
    ['consenting', '#allow', true],
  ])('ends at the client when the button is clicked twice: %s', async (_name, button, consents) => {
    // The server takes each step once, and is answering the first click when the second one comes.
    const taken = new Set<string>();
    const bothArrived = Promise.withResolvers<void>();
    login.recorded.on('PUT one', async (call) => {
      const step = 'sub' in call.body ? 'sign-in' : 'consent';
      if (taken.has(step)) return { status: 404, body: { error: 'invalid_session' } };
      taken.add(step);
      if (button === (step === 'consent' ? '#allow' : '#sign-in')) await bothArrived.promise;
      const uri = `${client.origin}/cb?code=abc`;
      const answer = { type: 'response', mode: 'query', parameters: { uri }, sub_sid: 's.m' };
      return { body: step === 'sign-in' && consents ? CONSENT : answer };
    });
    context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${login.origin}/login?client_id=c1`);
    await page.fill('#username', 'alice');
    await page.fill('#password', 'secret');
    if (consents) await page.click('#sign-in');
    await page.waitForSelector(button);
    const path = consents ? '/login/consent' : '/login/sign-in';
    const arrived = () => login.posts.filter((post) => post === path).length;
    await page.locator(button).scrollIntoViewIfNeeded();
    // By the mouse, since a click on the locator would wait for the first answer.
    const { x, y, width, height } = (await page.locator(button).boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    for (const count of [1, 2]) {
      await page.mouse.click(x + width / 2, y + height / 2);
      await vi.waitFor(() => expect(arrived()).toBe(count), 5000);
    }
    bothArrived.resolve();
    await page.waitForSelector('#home');
    expect(client.received.map(({ url }) => url)).toEqual(['/cb?code=abc']);
  });

  it.each([true, false])('posts a form_post response under its policy (script: %s)', async (script) => {
    const form = { code: 'a+b&c', state: '"<é>', submit: 'x' };
    login.recorded.on('POST start', {
      body: { type: 'response', mode: 'form_post', parameters: { uri: `${client.origin}/cb`, form } },
    });
    context = await browser.newContext({ javaScriptEnabled: script });
    const page = await context.newPage();
    await page.goto(`${login.origin}/login?client_id=c1`);
    if (!script) await page.click('#continue');
    await page.waitForSelector('#home');
    expect(client.received.map(({ method }) => method)).toEqual(['POST']);
    expect(Object.fromEntries(new URLSearchParams(client.received[0]?.body))).toEqual(form);
  });

  it.each([100, 6000])(
    'finds the session for an authorization request posted by another site (%i characters)',
    async (length) => {
      context = await browser.newContext();
      await context.addCookies([
        { name: 'tessera_sub_sid', value: 'sess.m', url: `${login.origin}/login`, sameSite: 'Lax' },
      ]);
      client.pages['/go'] = `<form method="post" action="${login.origin}/login"><input name="client_id" value="c1">
<input name="pad" value="${'x'.repeat(length)}"></form><script>document.forms[0].submit()</script>`;
      const page = await context.newPage();
      await page.goto(`${client.origin}/go`);
      await page.waitForSelector('#sign-in-form');
      expect(login.recorded.last('POST').body['sub_sid']).toBe('sess.m');
    },
  );

  it('refuses a sign-in that another site posts, and does not let itself be framed', async () => {
    const attacker = login.browser();
    const start = await attacker.get('/login?client_id=c1');
    const token = /name="form_token" value="([^"]+)"/.exec(start.text)?.[1];
    context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${login.origin}/login?client_id=c1`);
    const before = await context.cookies(`${login.origin}/login`);
    expect(before.map(({ name }) => name)).toEqual(['tessera_browser']);
    client.pages['/evil'] =
      `<form method="post" action="${login.origin}/login/sign-in"><input name="form_token" value="${token}">
<input name="username" value="alice"><input name="password" value="secret"></form><script>document.forms[0].submit()</script>`;
    client.pages['/frame'] = `<iframe src="${login.origin}/login?client_id=c1"></iframe>`;
    await page.goto(`${client.origin}/evil`);
    await page.waitForSelector('#error-code');
    expect(await page.textContent('#error-code')).toBe('form_refused');
    expect(await context.cookies(`${login.origin}/login`)).toEqual(before);
    await page.goto(`${client.origin}/frame`);
    const frame = page.frames()[1];
    expect(await frame?.evaluate('document.getElementById("sign-in-form") === null')).toBe(true);
  });

  it('loads the logo and nothing else from the client, and reports no violation of its policy', async () => {
    client.pages['/logo.svg'] = '';
    login.recorded.on('POST start', {
      body: { ...AUTH, client: { ...AUTH.client, logo_uri: `${client.origin}/logo.svg` } },
    });
    context = await browser.newContext();
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`${login.origin}/login?client_id=c1`, { waitUntil: 'load' });
    expect(requests).toEqual([`${login.origin}/login?client_id=c1`, `${client.origin}/logo.svg`]);
    // The picture is broken: nothing of it is to be read beside the name.
    expect(await page.innerText('main')).toMatch(/^Sign in\s+to continue to Cosy Café/);
    expect(await page.locator('#client-logo').getAttribute('alt')).toBe('');
    expect(problems.filter((problem) => problem.includes('Content Security Policy'))).toEqual([]);
  });
});
