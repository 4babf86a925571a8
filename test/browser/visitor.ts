import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';

/** Somebody with a browser of their own: no cookies to begin with. */
export interface Visitor extends AsyncDisposable {
  readonly page: Page;
  /** What the Content-Security-Policy of a page has refused. */
  readonly refusals: readonly string[];
  /** Goes to the playground, sets these fields of the form, and presses the sign-in button. */
  begin(fields?: Readonly<Record<string, string>>): Promise<void>;
  /** Fills in the login form. */
  signIn(username: string, password: string): Promise<void>;
  /** Waits for the result page of the playground; answers `ok` or `failed`. */
  outcome(): Promise<string | null>;
  /** The JSON that the element with this ID shows. */
  json(id: string): Promise<Readonly<Record<string, unknown>>>;
  /** The text of the element with this ID. */
  text(id: string): Promise<string>;
  /** Presses a button of the result page and waits for the page after it; answers whether the step went well. */
  press(button: string, step: string): Promise<string | null>;
  /** By how many pixels the page is wider than the window. */
  overflow(): Promise<unknown>;
}

/** Opens a browser without history for the playground at this URL. */
export async function visit(
  browser: Browser,
  playground: string,
  window: { readonly width: number; readonly height: number } = { width: 1280, height: 900 },
): Promise<Visitor> {
  const context: BrowserContext = await browser.newContext({ viewport: window });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const refusals: string[] = [];
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) refusals.push(`${page.url()}: ${message.text()}`);
  });
  const text = async (id: string) => (await page.textContent(`#${id}`)) ?? '';
  return {
    page,
    refusals,
    text,
    async begin(fields = {}) {
      await page.goto(playground);
      for (const [id, value] of Object.entries(fields)) await page.selectOption(`#${id}`, value);
      await page.click('#sign-in');
    },
    async signIn(username, password) {
      await page.fill('#username', username);
      await page.fill('#password', password);
      await page.click('#sign-in');
    },
    async outcome() {
      const heading = await page.waitForSelector('#result');
      expect(page.url()).toBe(`${playground}/result`);
      return heading.getAttribute('data-outcome');
    },
    async json(id) {
      const value: unknown = JSON.parse(await text(id));
      if (typeof value !== 'object' || value === null) throw new Error(`${id} is not an object`);
      return { ...value };
    },
    async press(button, step) {
      const arrived = page.waitForEvent('load');
      await page.click(`#${button}`);
      await arrived;
      return page.getAttribute(`#step-${step}`, 'data-outcome');
    },
    overflow: () => page.evaluate('document.documentElement.scrollWidth - innerWidth'),
    [Symbol.asyncDispose]: () => context.close(),
  };
}
