import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSplashPage, type SplashPageOptions, splashPageReply } from './splash-page.ts';

const page = (change: Partial<SplashPageOptions> = {}) =>
  splashPageReply({
    splashPage: 'urn:c2id:splash_page:default',
    issuer: 'https://c2id.com',
    version: '0.1.0',
    endpoints: [
      { name: 'Token', url: 'https://c2id.com/token', enabled: true, toSee: false },
      { name: 'Keys', url: 'https://c2id.com/jwks.json', enabled: true, toSee: true },
      { name: 'Logout', url: 'https://c2id.com/logout', enabled: false, toSee: true },
    ],
    ...change,
  });

describe('splashPageReply', () => {
  it('shows product, version, issuer and endpoints, the disabled ones as such', () => {
    const { status, body, headers } = page();
    expect(status).toBe(200);
    expect(headers['Content-Type']).toBe('text/html;charset=UTF-8');
    expect(body).toContain('version 0.1.0');
    expect(body).toContain('<dd id="issuer">https://c2id.com</dd>');
    expect(body).toContain('<dt>Token</dt>\n<dd>https://c2id.com/token</dd>');
    expect(body).toContain(
      '<dt>Keys</dt>\n<dd><a href="https://c2id.com/jwks.json">https://c2id.com/jwks.json</a></dd>',
    );
    expect(body).toContain('<dt>Logout</dt>\n<dd class="disabled">disabled</dd>');
    expect(body).not.toContain('https://c2id.com/logout');
  });

  it('has a policy that lets through its own style sheet and no other inline content', () => {
    const { body, headers } = page();
    const style = /<style>([\s\S]*)<\/style>/.exec(String(body))?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['Content-Security-Policy']).toMatch(/^default-src 'self'; /);
    expect(headers['Content-Security-Policy']).toContain(`style-src 'self' 'sha256-${hash}'`);
    expect(body).not.toMatch(/<script| style=| on[a-z]+=/i);
    expect(headers).not.toHaveProperty('Set-Cookie');
  });

  it('escapes whatever it is given', () => {
    const plain = String(
      page({ issuer: '', version: '', endpoints: [{ name: '', url: '', enabled: true, toSee: true }] }).body,
    );
    const markup = (text: string) => text.match(/[<>"']/g)?.length;
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'a') }), (text) => {
        const body = String(
          page({ issuer: text, version: text, endpoints: [{ name: text, url: text, enabled: true, toSee: true }] })
            .body,
        );
        expect(markup(body)).toBe(markup(plain));
        expect(body).not.toMatch(/&(?!(amp|lt|gt|quot|#39);)/);
      }),
    );
  });

  it('can be blank', () => {
    expect(page({ splashPage: 'urn:c2id:splash_page:blank' })).toMatchObject({ status: 200, body: '' });
  });

  it.each([
    ['urn:c2id:splash_page:op_metadata', 'https://c2id.com/.well-known/openid-configuration'],
    ['https://www.example.com/welcome?a=b', 'https://www.example.com/welcome?a=b'],
  ])('redirects for %s', (splashPage, location) => {
    const { status, headers, body } = page({ splashPage });
    expect([status, headers['Location'], body]).toEqual([301, location, '']);
  });

  it.each(['javascript:alert(1)', 'urn:c2id:splash_page:other', '/relative', 'https://'])(
    'refuses %s',
    (splashPage) => {
      expect(isSplashPage(splashPage)).toBe(false);
      expect(() => page({ splashPage })).toThrow('op.splashPage: expected');
    },
  );
});
