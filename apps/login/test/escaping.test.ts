import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, html, toText, webUrl } from '../../kit/src/html.ts';
import type { AuthMessage, ConsentMessage } from '../src/messages.ts';
import { consentPage } from '../src/pages/consent-page.ts';
import { errorPage } from '../src/pages/error-page.ts';
import { formPostPage } from '../src/pages/form-post-page.ts';
import { signInPage } from '../src/pages/sign-in-page.ts';
import { resolveEntities } from './browser.ts';

const NASTY = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onfocus='x",
  '</title>',
  '-->',
  '&lt;',
  '`',
];
const hostile = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 60 }), fc.webUrl());

/** The markup with every text reduced to nothing: element and attribute names only. Equal for all inputs, or something broke out. */
function skeleton(page: string): string {
  return page
    .replace(/(<style>).*?(<\/style>)/s, '$1$2')
    .replace(/="[^"]*"/g, '=""')
    .replace(/>[^<]*</g, '><');
}

const shared = { brand: 'Tessera', basePath: '/login', formToken: 'token' };

function signIn(value: string): string {
  const client = { clientId: value, name: value, policyUri: 'https://rp.example/' };
  const message: AuthMessage = {
    type: 'auth',
    sid: value,
    display: value === 'popup' ? 'page' : value,
    selectAccount: true,
    createAccount: true,
    client,
  };
  const accounts = [{ sub: value, name: value, login: value, signedIn: true }];
  return signInPage({ ...shared, message, accounts, username: value, notice: value, problem: value }).text;
}

function consent(value: string): string {
  const message: ConsentMessage = {
    type: 'consent',
    sid: value,
    display: 'page',
    session: { sub: value, amr: [] },
    client: { clientId: 'c', name: value },
    newScope: [`x${value}`],
    consentedScope: [value],
    resources: { new: [`new ${value}`], consented: [value] },
    claims: {
      newEssential: [`y${value}`],
      newVoluntary: [],
      consented: [value],
      purposes: new Map([[`y${value}`, value]]),
    },
  };
  const scopeLabels = new Map([[`x${value}`, { title: value, explanation: value }]]);
  const claims = { [`y${value}`]: `v${value}` };
  return consentPage({ ...shared, message, name: value, claims, scopeLabels, redirectUri: 'https://rp.example/' }).text;
}

const error = (value: string) =>
  errorPage({
    brand: 'T',
    basePath: '/login',
    reference: value,
    client: { clientId: 'c', name: value, uri: 'https://rp.example/' },
    status: 400,
    title: value,
    advice: value,
    code: value,
    description: value,
  }).text;
const formPost = (value: string) =>
  formPostPage({ brand: 'T', target: 'https://rp.example/cb', fields: [[value, value]] }).text;

describe('untrusted text', () => {
  it('comes back from its escaped form unchanged, but for forbidden control characters, which show that they were there', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const escaped = escapeHtml(value);
        expect(escaped).not.toMatch(/[<>"'`]/);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that escaping replaces
        const shown = value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd');
        expect(resolveEntities(escaped)).toBe(shown);
      }),
    );
  });

  it.each([
    ['sign-in page', signIn],
    ['consent page', consent],
    ['error page', error],
    ['form post page', formPost],
  ])('cannot change the structure of the %s', (_name, render) => {
    const expected = skeleton(render('plain'));
    fc.assert(
      fc.property(hostile, (value) => {
        expect(skeleton(render(value))).toBe(expected);
      }),
    );
  });

  it('cannot pose as markup, whatever its shape', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(toText(html`<p title="${value}">${value}</p>`)).toBe(
          `<p title="${escapeHtml(value)}">${escapeHtml(value)}</p>`,
        );
      }),
    );
  });

  it('becomes a link only as http or https', () => {
    for (const bad of [
      'javascript:alert(1)',
      ' javascript:x',
      'data:text/html,x',
      'vbscript:x',
      '/relative',
      'java\nscript:x',
    ]) {
      expect(webUrl(bad)).toBeUndefined();
    }
    expect(webUrl('https://rp.example/a')).toBe('https://rp.example/a');
  });
});
