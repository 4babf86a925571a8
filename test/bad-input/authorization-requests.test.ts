import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { pkce } from '../../src/testing/caller/pkce.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from '../security/captured-log.ts';

let server: TestServer;
let client: TestClient;
const captured = captureLog();

beforeAll(async () => {
  server = await startTestServer({ log: captured.log });
  client = await server.register(versatile);
});
afterAll(async () => {
  expect(captured.faults()).toEqual([]);
  await server.close();
});

const alphabet = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;
const deep = (open: string, close: string) => open.repeat(10_000) + close.repeat(10_000);

interface Refusal {
  readonly extra: Readonly<Record<string, string>>;
  readonly error: string;
}

const refusals: readonly (readonly [string, Refusal])[] = [
  ['no response type', { extra: { response_type: '' }, error: 'invalid_request' }],
  ['an unknown response type', { extra: { response_type: 'codes' }, error: 'unsupported_response_type' }],
  ['the response type of another case', { extra: { response_type: 'CODE' }, error: 'unsupported_response_type' }],
  ['a response type with a look-alike', { extra: { response_type: 'сode' }, error: 'unsupported_response_type' }],
  ['an unknown response mode', { extra: { response_mode: 'query.jwt' }, error: 'invalid_request' }],
  ['a prototype name as response mode', { extra: { response_mode: '__proto__' }, error: 'invalid_request' }],
  [
    'a prototype name as response type',
    { extra: { response_type: 'constructor' }, error: 'unsupported_response_type' },
  ],
  ['a prototype name as prompt', { extra: { prompt: 'toString' }, error: 'invalid_request' }],
  ['a scope with a quote', { extra: { scope: 'openid "' }, error: 'invalid_scope' }],
  ['a scope with a backslash', { extra: { scope: 'openid \\' }, error: 'invalid_scope' }],
  ['a scope with a control', { extra: { scope: 'openid \u0001' }, error: 'invalid_scope' }],
  ['a scope with a no-break space', { extra: { scope: 'openid\u00a0email' }, error: 'invalid_scope' }],
  [
    '201 scope values',
    { extra: { scope: Array.from({ length: 201 }, (_, i) => `s${i}`).join(' ') }, error: 'invalid_scope' },
  ],
  ['a long state', { extra: { state: 's'.repeat(8193) }, error: 'invalid_request' }],
  ['a long nonce', { extra: { nonce: 'n'.repeat(2049) }, error: 'invalid_request' }],
  ['a long login hint', { extra: { login_hint: 'n'.repeat(2049) }, error: 'invalid_request' }],
  ['max_age of words', { extra: { max_age: 'soon' }, error: 'invalid_request' }],
  ['a negative max_age', { extra: { max_age: '-1' }, error: 'invalid_request' }],
  ['a broken max_age', { extra: { max_age: '1.5' }, error: 'invalid_request' }],
  ['max_age in exponents', { extra: { max_age: '1e3' }, error: 'invalid_request' }],
  ['a huge max_age', { extra: { max_age: '9'.repeat(30) }, error: 'invalid_request' }],
  ['an unknown display', { extra: { display: 'billboard' }, error: 'invalid_request' }],
  ['an unknown prompt', { extra: { prompt: 'beg' }, error: 'invalid_request' }],
  ['none beside another prompt', { extra: { prompt: 'none login' }, error: 'invalid_request' }],
  ['create beside another prompt', { extra: { prompt: 'create login' }, error: 'invalid_request' }],
  ['claims that are no JSON', { extra: { claims: '{' }, error: 'invalid_request' }],
  ['claims of an array', { extra: { claims: '[]' }, error: 'invalid_request' }],
  ['claims of null', { extra: { claims: 'null' }, error: 'invalid_request' }],
  ['claims with a text for a section', { extra: { claims: '{"userinfo":"email"}' }, error: 'invalid_request' }],
  ['claims with a text for an order', { extra: { claims: '{"userinfo":{"email":"x"}}' }, error: 'invalid_request' }],
  ['claims with a number for sub', { extra: { claims: '{"id_token":{"sub":{"value":1}}}' }, error: 'invalid_request' }],
  [
    'claims with an object for acr',
    { extra: { claims: '{"id_token":{"acr":{"values":[{}]}}}' }, error: 'invalid_request' },
  ],
  ['deep claims of arrays', { extra: { claims: deep('[', ']') }, error: 'invalid_request' }],
  [
    'deep claims of objects',
    { extra: { claims: `{"userinfo":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_001)}` }, error: 'invalid_request' },
  ],
  [
    '201 claims',
    {
      extra: {
        claims: JSON.stringify({
          userinfo: Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`c${i}`, null])),
        }),
      },
      error: 'invalid_request',
    },
  ],
  ['a hint that is no JWT', { extra: { id_token_hint: 'rubbish' }, error: 'invalid_request' }],
  ['a hint of nothing', { extra: { id_token_hint: 'e30.e30.' }, error: 'invalid_request' }],
  ['a huge hint', { extra: { id_token_hint: `${'a'.repeat(50_000)}.e30.e30` }, error: 'invalid_request' }],
  ['a resource with fragment', { extra: { resource: 'https://api.example/#x' }, error: 'invalid_target' }],
  ['a relative resource', { extra: { resource: '/api' }, error: 'invalid_target' }],
  ['a request object', { extra: { request: 'e30.e30.' }, error: 'request_not_supported' }],
  ['a request URI', { extra: { request_uri: 'https://evil.example/' }, error: 'request_uri_not_supported' }],
  ['registration in the request', { extra: { registration: '{}' }, error: 'registration_not_supported' }],
  [
    'more in all than any client means',
    {
      extra: { ui_locales: 'de '.repeat(4000), claims: `{"userinfo":{"${'c'.repeat(5000)}":null}}` },
      error: 'invalid_request',
    },
  ],
  ['a method without challenge', { extra: { code_challenge_method: 'S256' }, error: 'invalid_request' }],
];

describe('what the client may be told, it is told', () => {
  test.each(refusals)('%s', async (_what, { extra, error }) => {
    const { message, params } = await client.login(extra);
    expect(message['type']).toBe('response');
    expect([params.get('error'), params.get('code'), params.get('iss')]).toEqual([error, null, server.issuer]);
    expect(params.get('error_description')).toMatch(alphabet);
  });

  test.each(
    Object.keys({
      state: 1,
      nonce: 1,
      scope: 1,
      response_type: 1,
      response_mode: 1,
      prompt: 1,
      max_age: 1,
      claims: 1,
      display: 1,
      ui_locales: 1,
      acr_values: 1,
      login_hint: 1,
      id_token_hint: 1,
      unknown: 1,
      __proto: 1,
    }),
  )('a repeated %s', async (name) => {
    const query = new URLSearchParams(client.query()).toString();
    const { params } = await server.page.login(`${query}&${name}=a&${name}=a`);
    expect([params.get('error'), params.get('code')]).toEqual(['invalid_request', null]);
    // A state that came twice is not echoed: neither of the two can be believed.
    if (name === 'state') expect(params.get('state')).toBeNull();
  });
});

describe('what must not be redirected is shown', () => {
  const unreadable = [
    '',
    '?',
    '&&&',
    '{"query":"x"}',
    '%',
    '%zz=%zz',
    '\0',
    'client_id',
    'client_id=',
    'client_id=nobody',
    'client_id=%00',
    'client_id=__proto__',
    `client_id=${'a'.repeat(100_000)}`,
    'client_id[]=x',
    'a='.repeat(100_000),
    '='.repeat(100_000),
    '&'.repeat(100_000),
    '😀',
    '\ud800',
    '<script>',
  ];
  test.each(unreadable)('%j', async (query) => {
    const { message } = await server.page.login(query);
    expect(message).toEqual({
      type: 'error',
      error: 'invalid_request',
      error_description: expect.stringMatching(alphabet),
    });
  });
});

describe('what is strange but means no harm goes on', () => {
  test.each<[string, Record<string, string>]>([
    ['line breaks in the state', { state: 'a\r\nX: y' }],
    ['NUL in the state', { state: 'a\0b' }],
    ['markup in the state', { state: '"><script>alert(1)</script>' }],
    ['separators in the state', { state: '&code=evil&iss=evil#x=y' }],
    ['emoji in the state', { state: '😀' }],
    ['a state of 8192 characters', { state: 's'.repeat(8192) }],
    ['a nonce of anything', { nonce: '\u0000"\\\u2028' }],
    ['a login hint of anything', { login_hint: '<img src=x>\r\n' }],
    ['200 locales', { ui_locales: 'de '.repeat(200) }],
    [
      'claims of odd names',
      { claims: '{"userinfo":{"__proto__":null,"constructor":null,"toString":{"essential":true}}}' },
    ],
    ['a custom parameter of a prototype name', { __proto__x: 'y', constructor: 'z' }],
    ['PKCE with all legal characters', { code_challenge: `-._~${'a'.repeat(39)}` }],
    ['resource twice in one', { resource: 'urn:a:b' }],
  ])('%s', async (_what, extra) => {
    const { params, message } = await client.login(extra);
    expect(message['type']).toBe('response');
    expect(params.getAll('code')).toHaveLength(1);
    expect(params.getAll('iss')).toEqual([server.issuer]);
    expect(params.get('state')).toBe(extra['state'] ?? 'af0ifjsldkj');
  });

  test('a claim with the name of a built-in method is a claim that nobody has', async () => {
    const claims =
      '{"userinfo":{"__proto__":null,"constructor":null,"toString":null,"hasOwnProperty":null,"sub":null}}';
    const { access } = await client.tokens({ claims });
    const info = await server.userInfo(access);
    expect(info.json).toEqual({ sub: 'alice' });
  });

  test('broken pairs beside a good request are ignored, as browsers leave them in the address bar', async () => {
    const query = new URLSearchParams(client.query({ code_challenge: pkce.challenge })).toString();
    const { params } = await server.page.login(`?${query}&utm=%&%zz=1&&=&x`);
    expect(params.get('code')).not.toBeNull();
  });
});
