import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkRedirectTarget,
  checkRedirectUri,
  isNativeUri,
  matchRedirectUri,
  type RedirectUriPolicy,
} from './redirect-uri.ts';

const web: RedirectUriPolicy = { applicationType: 'web', rejectNonTls: true, allowLocalhost: false, customSchemes: [] };
const native: RedirectUriPolicy = { ...web, applicationType: 'native' };
const lax: RedirectUriPolicy = { ...web, rejectNonTls: false };
const forTest: RedirectUriPolicy = { ...web, allowLocalhost: true };

describe('checkRedirectUri', () => {
  test.each<[string, RedirectUriPolicy]>([
    ['https://client.example.org/cb', web],
    ['https://client.example.org', web],
    ['https://client.example.org:8443/cb?foo=bar&codes=1', web],
    ['https://[2001:4860::1]/cb', web],
    ['http://client.example.org/cb', lax],
    ['http://localhost:3000/cb', forTest],
    ['https://localhost/cb', forTest],
    ['com.example.app:/cb', native],
    ['com.example.app://host/cb', native],
    ['myapp:cb', { ...native, customSchemes: ['MyApp'] }],
    ['com.example.APP:cb', native],
    ['https://app.example.org/cb', native],
    ['http://localhost/cb', native],
    ['http://localhost:0/cb', native],
    ['http://127.0.0.1:0/cb', native],
    ['http://[::1]:0/cb', native],
    ['http://127.0.0.1:51000/cb', native],
    ['http://plain.example.org/cb', { ...native, rejectNonTls: false }],
  ])('accepts %s', (uri, policy) => {
    expect(checkRedirectUri(uri, policy)).toBeUndefined();
  });

  test.each<[string, string, RedirectUriPolicy, string]>([
    ['a fragment', 'https://client.example.org/cb#foobar', web, 'fragment'],
    ['an empty fragment', 'https://client.example.org/cb#', web, 'fragment'],
    ['plain http', 'http://client.example.org/cb', web, 'https'],
    ['a custom scheme of a web client', 'com.example.app:/cb', web, 'https'],
    ['localhost of a web client', 'https://localhost/cb', web, 'localhost'],
    ['localhost of a web client, plain', 'http://localhost/cb', lax, 'localhost'],
    ['localhost with a trailing dot', 'https://localhost./cb', web, 'localhost'],
    ['a name below localhost', 'https://a.localhost/cb', web, 'localhost'],
    ['loopback in another spelling', 'https://0x7f.1/cb', web, 'localhost'],
    ['plain http of a native client elsewhere', 'http://plain.example.org/cb', native, 'plain http'],
    ['a host that only begins like loopback', 'http://127.0.0.1.example.org/cb', native, 'plain http'],
    ['port 0 of a web client', 'https://localhost:0/cb', forTest, 'port 0'],
    ['port 0 elsewhere', 'https://app.example.org:0/cb', native, 'port 0'],
    ['javascript', 'javascript:alert(1)', native, 'scheme'],
    ['javascript in mixed case', 'JavaScript:alert(1)', native, 'scheme'],
    ['data', 'data:text/html,x', native, 'scheme'],
    ['vbscript', 'vbscript:x', native, 'scheme'],
    ['a file', 'file:///etc/passwd', native, 'scheme'],
    ['a custom scheme without a dot', 'myapp:cb', native, 'a dot'],
    ['one that starts a program', 'ms-msdt:/id PCWDiagnostic'.replace(' ', '%20'), native, 'scheme'],
    ['one that starts another application', 'intent://x.example/cb', native, 'scheme'],
    ['one of the shell', 'search-ms:query=x', native, 'scheme'],
    ['one of the browser', 'view-source:https://c.example/cb', native, 'scheme'],
    [
      'one that is always refused, though it is configured',
      'javascript:x',
      { ...native, customSchemes: ['javascript'] },
      'scheme',
    ],
    ['one that nobody knows', 'ms-officecmd:x', native, 'a dot'],
    ['userinfo', 'https://client.example.org@evil.example/cb', web, 'userinfo'],
    ['a code parameter', 'https://client.example.org/cb?code=1', web, 'parameter'],
    ['an encoded state parameter', 'https://client.example.org/cb?a=1&st%61te=1', web, 'parameter'],
    ['a response parameter', 'com.example.app:/cb?response', native, 'parameter'],
    ['a template', 'urn:c2id:redirect_uri_template:https://[tenant].example.org/cb', web, 'template'],
    ['a relative reference', '/cb', web, 'absolute'],
    ['a missing authority', 'https:client.example.org/cb', web, 'absolute'],
    ['an empty authority', 'https:///cb', web, 'absolute'],
    ['a bare scheme', 'myapp:', native, 'absolute'],
    ['nothing', '', web, 'absolute'],
    ['a backslash', 'https://client.example.org\\@evil.example/', web, 'characters'],
    ['a line break', 'https://client.example.org/cb\r\nSet-Cookie: a=b', web, 'characters'],
    ['a blank', ' https://client.example.org/cb', web, 'characters'],
    ['a tab in the scheme', 'java\tscript:alert(1)', native, 'characters'],
    ['non-ASCII', 'https://клиент.example/cb', web, 'characters'],
    ['an oversized URI', `https://client.example.org/${'a'.repeat(2048)}`, web, 'at most'],
  ])('refuses %s', (_what, uri, policy, reason) => {
    expect(checkRedirectUri(uri, policy)).toContain(reason);
  });

  test('answers any text with a reason that fits an error description and does not repeat it', () => {
    const policy = fc.record({
      applicationType: fc.constantFrom('web' as const, 'native' as const),
      rejectNonTls: fc.boolean(),
      allowLocalhost: fc.boolean(),
      customSchemes: fc.constantFrom([], ['myapp']),
    });
    const uri = fc.oneof(fc.webUrl({ withFragments: true, withQueryParameters: true }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(uri, policy, (text, rules) => {
        const reason = checkRedirectUri(text, rules);
        if (reason !== undefined) return /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(reason);
        return !text.includes('#') && URL.canParse(text) && !text.toLowerCase().startsWith('javascript:');
      }),
    );
  });
});

describe('checkRedirectTarget', () => {
  test('allows any place after logout that is not executed', () => {
    expect(checkRedirectTarget('http://client.example.org/bye?code=1', [])).toBeUndefined();
    expect(checkRedirectTarget('com.example.app:/bye', [])).toBeUndefined();
    expect(checkRedirectTarget('myapp:/bye', ['myapp'])).toBeUndefined();
    expect(checkRedirectTarget('myapp:/bye', [])).toContain('a dot');
    expect(checkRedirectTarget('ms-msdt:/id', ['ms-msdt'])).toContain('scheme');
    expect(checkRedirectTarget('javascript:alert(1)', [])).toContain('scheme');
    expect(checkRedirectTarget('https://client.example.org/bye#x', [])).toContain('fragment');
  });
});

describe('isNativeUri', () => {
  test.each([
    'com.example.app:/cb',
    'http://127.0.0.1/cb',
    'http://[::1]:0/cb',
    'http://localhost:8080/',
    'https://localhost/',
  ])('%s leads to the user’s own machine', (uri) => expect(isNativeUri(uri)).toBe(true));
  test.each(['https://c.example/cb', 'http://127.0.0.1.example/cb', 'http://10.0.0.1/cb', '/cb', ''])(
    '%j does not',
    (uri) => expect(isNativeUri(uri)).toBe(false),
  );
});

describe('matchRedirectUri', () => {
  const webClient = {
    applicationType: 'web' as const,
    redirectUris: ['https://c.example/cb', 'https://c.example/q?a=b'],
  };
  const nativeClient = {
    applicationType: 'native' as const,
    redirectUris: [
      'http://127.0.0.1:0/cb',
      'http://localhost:0/cb',
      'http://[::1]/cb',
      'http://127.0.0.1:8080/fixed',
      'http://[::1]:8080/fixed',
      'http://localhost:8000/x',
      'app:/cb',
    ],
  };

  test.each(['https://c.example/cb', 'https://c.example/q?a=b'])('%s is the web client’s', (uri) =>
    expect(matchRedirectUri(webClient, uri)).toBe(true),
  );

  test.each([
    'https://c.example/cb/',
    'https://c.example/cb?a=b',
    'https://c.example:443/cb',
    'https://C.example/cb',
    'https://c.example/./cb',
    'https://c.example/c%62',
    'https://c.example/q?b=a',
    'https://c.example/q?a=b&c=d',
    'http://c.example/cb',
    '',
  ])('%s is not the web client’s', (uri) => expect(matchRedirectUri(webClient, uri)).toBe(false));

  test.each([
    'http://127.0.0.1:1/cb',
    'http://127.0.0.1:65535/cb',
    'http://localhost:8080/cb',
    'http://[::1]:8080/cb',
    'http://[::1]/cb',
    'http://127.0.0.1:53219/fixed',
    'http://[::1]:53219/fixed',
    'app:/cb',
  ])('%s is the native client’s', (uri) => expect(matchRedirectUri(nativeClient, uri)).toBe(true));

  test.each([
    'http://127.0.0.1:65536/cb',
    'http://127.0.0.1:080/cb',
    'http://127.0.0.1/cb',
    'http://127.0.0.1:8080/cb/',
    'http://127.0.0.1:8080/cb?x=1',
    'http://127.0.0.1:8080@evil.example/cb',
    'http://127.0.0.1.evil.example:80/cb',
    'https://127.0.0.1:8080/cb',
    'http://localhost:8001/x',
    'http://localhost:8080/fixed',
    'http://127.0.0.1:53219/fixed/',
    'http://[::1]:53219/x',
    'http://0x7f.1:8080/cb',
  ])('%s is not the native client’s', (uri) => expect(matchRedirectUri(nativeClient, uri)).toBe(false));

  test('a web client gets no other port, even if port 0 stands in its registration', () => {
    const client = { applicationType: 'web' as const, redirectUris: ['http://127.0.0.1:0/cb'] };
    expect(matchRedirectUri(client, 'http://127.0.0.1:8080/cb')).toBe(false);
  });

  test('a registered URI with a reserved parameter is unusable', () => {
    const uri = 'https://c.example/cb?code=1';
    expect(matchRedirectUri({ applicationType: 'web', redirectUris: [uri] }, uri)).toBe(false);
  });

  test('no change to a registered web URI matches', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), fc.nat(), fc.string({ minLength: 1 }), (uri, at, extra) => {
        const client = { applicationType: 'web' as const, redirectUris: [uri] };
        const place = at % (uri.length + 1);
        return !matchRedirectUri(client, uri.slice(0, place) + extra + uri.slice(place));
      }),
    );
  });
});
