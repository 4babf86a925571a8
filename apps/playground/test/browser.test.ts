import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPlayground } from '../src/app.ts';
import { type Listening, listen } from './listen.ts';
import { CLIENT, startProvider, type TestProvider } from './provider.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

// What only a browser shows: CSP on scripts and redirects after forms, SameSite between two sites, and the fragment.
describe.skipIf(!existsSync(CHROMIUM))(`in Chromium (skipped when there is none at ${CHROMIUM})`, () => {
  let browser: Browser;
  let site: Listening;
  let server: TestProvider;
  let home: string;

  beforeAll(async () => {
    site = await listen('127.0.0.1');
    home = `${site.origin}/playground`;
    server = await startProvider(`${home}/callback`);
    site.use(createPlayground({ basePath: '/playground', publicUrl: home, issuer: server.issuer, ...CLIENT }).handler);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS.split(' ') });
  });

  afterAll(async () => {
    await browser.close();
    await site.close();
    await server.close();
  });

  async function signIn(page: Page, responseMode: string): Promise<void> {
    await page.goto(home);
    await page.selectOption('#prompt', 'consent');
    await page.selectOption('#response-mode', responseMode);
    await page.click('#sign-in');
    await page.fill('#username', 'alice');
    await page.fill('#password', 'secret');
    await page.click('#sign-in');
    await page.click('#allow');
    await page.waitForSelector('#result');
  }

  test.each(['query', 'form_post', 'fragment'])('signs in with response mode %s, between two sites', async (mode) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const refusals: string[] = [];
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text()) && page.url().startsWith(home)) refusals.push(message.text());
    });
    await signIn(page, mode);
    expect(page.url()).toBe(`${home}/result`);
    expect(await page.getAttribute('#result', 'data-outcome')).toBe('ok');
    expect(await page.getAttribute('#authorization-response', 'data-mode')).toBe(mode);
    await page.click('#userinfo');
    expect(JSON.parse((await page.textContent('#userinfo-body')) ?? '')).toMatchObject({ sub: 'alice' });
    await page.click('#sign-in-again');
    await page.waitForSelector('#authorization-request-parameters :text-is("none")');
    expect(await page.getAttribute('#result', 'data-outcome')).toBe('ok');
    expect(refusals).toEqual([]);
    await context.close();
  });

  test.each([
    [1280, 'light'],
    [375, 'dark'],
  ] as const)('no page is wider than a window of %d px', async (width, colorScheme) => {
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
    const page = await context.newPage();
    const overflow = () => page.evaluate('document.documentElement.scrollWidth - innerWidth');
    await page.goto(home);
    expect(await overflow()).toBe(0);
    await signIn(page, 'query');
    expect(await overflow()).toBe(0);
    await page.goto(`${home}/callback?error=${'x'.repeat(300)}`);
    expect(await overflow()).toBe(0);
    await context.close();
  });
});
