import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestClient, type TokenAnswer, versatile } from '../../src/testing/caller/client.ts';
import { pkce } from '../../src/testing/caller/pkce.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from '../security/captured-log.ts';
import { decent } from './decency.ts';

let server: TestServer;
let client: TestClient;
let tokens: TokenAnswer;
const captured = captureLog();

beforeAll(async () => {
  server = await startTestServer({ log: captured.log });
  client = await server.register(versatile);
  tokens = await client.tokens();
});
afterAll(async () => {
  expect(captured.faults()).toEqual([]);
  await server.close();
});

const formType = 'application/x-www-form-urlencoded';

async function post(path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const init = { method: 'POST', headers: { 'Content-Type': formType, ...headers }, body };
  const response = await server.send(path, init);
  return { status: response.status, json: decent(response, `${path} ${String(body).slice(0, 100)}`) };
}

/** Values that no parameter means, form-encoded. The name of the class is for the report. */
const badValues: readonly (readonly [string, string])[] = [
  ['blank', '+'],
  ['spaces', '%20%20%20'],
  ['NUL', '%00'],
  ['NUL inside', 'a%00b'],
  ['line breaks', 'a%0D%0AX-Injected%3A+y'],
  ['escape sequence', '%1B%5B31m'],
  ['delete', '%7F'],
  ['quotes and backslash', '%22%5C%22'],
  ['markup', '%3Cscript%3Ealert(1)%3C/script%3E'],
  ['SQL', "'%3B+DROP+TABLE+clients%3B--"],
  ['path', '..%2F..%2Fetc%2Fpasswd'],
  ['template', '%24%7Bjndi%3Aldap%3A%2F%2Fevil%7D'],
  ['format', '%25s%25n'],
  ['JSON', '%7B%22a%22%3A1%7D'],
  ['array', '%5B%5D'],
  ['prototype', '__proto__'],
  ['constructor', 'constructor'],
  ['toString', 'toString'],
  ['huge number', '9'.repeat(400)],
  ['negative', '-1'],
  ['NaN', 'NaN'],
  ['emoji', '%F0%9F%98%80'],
  ['right-to-left override', '%E2%80%AE'],
  ['full-width', '%EF%BD%8F%EF%BD%90%EF%BD%85%EF%BD%8E'],
  ['byte order mark', '%EF%BB%BF'],
  ['noncharacter', '%EF%BF%BF'],
  ['40 kB', 'a'.repeat(40_000)],
  ['40 kB of dots', '.'.repeat(40_000)],
  ['many words', 'a+'.repeat(5000)],
  ['JWT of nothing', 'e30.e30.'],
  ['JWT of arrays', 'W10.W10.W10'],
  [
    'deep JWT',
    `${Buffer.from(`{"alg":"RS256","kid":"x","a":${'['.repeat(5000)}${']'.repeat(5000)}}`).toString('base64url')}.e30.x`,
  ],
  ['five parts', 'a..b.c.d'],
  ['keyed identifier', `${'A'.repeat(22)}.${'A'.repeat(22)}`],
];

/** What must come before the parameters mean anything: the form itself. */
const badForms: readonly (readonly [string, string, string])[] = [
  ['broken escape', 'x=%', 'invalid_request'],
  ['half an escape', 'x=%4', 'invalid_request'],
  ['no hexadecimal', 'x=%zz', 'invalid_request'],
  ['invalid UTF-8 escape', 'x=%ff', 'invalid_request'],
  ['overlong UTF-8 escape', 'x=%c0%af', 'invalid_request'],
  ['surrogate escape', 'x=%ed%a0%80', 'invalid_request'],
  ['broken escape in a name', '%zz=x', 'invalid_request'],
  ['repeated', 'x=1&x=1', 'invalid_request'],
  ['repeated, one empty', 'x=&x=1', 'invalid_request'],
  ['repeated, one escaped', 'x=1&%78=1', 'invalid_request'],
  ['repeated prototype', '__proto__=1&__proto__=2', 'invalid_request'],
  ['too large', `x=${'a'.repeat(50_000)}`, 'invalid_request'],
  ['too large by escapes', `x=${'%61'.repeat(20_000)}`, 'invalid_request'],
];

interface Endpoint {
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly codes: readonly string[];
}

const all = (): readonly Endpoint[] => [
  {
    path: '/token',
    fields: { grant_type: 'client_credentials', scope: 'read' },
    codes: ['invalid_request', 'unsupported_grant_type', 'invalid_scope', 'invalid_target'],
  },
  {
    path: '/token',
    fields: {
      grant_type: 'authorization_code',
      code: 'x',
      redirect_uri: client.redirectUri,
      code_verifier: pkce.verifier,
    },
    codes: ['invalid_request', 'unsupported_grant_type', 'invalid_grant'],
  },
  {
    path: '/token',
    fields: { grant_type: 'refresh_token', refresh_token: 'x', scope: 'read' },
    codes: ['invalid_request', 'unsupported_grant_type', 'invalid_grant'],
  },
  { path: '/token/introspect', fields: { token: 'x', token_type_hint: 'access_token' }, codes: ['invalid_request'] },
  { path: '/token/revoke', fields: { token: 'x', token_type_hint: 'access_token' }, codes: ['invalid_request'] },
  { path: '/userinfo', fields: { access_token: 'x' }, codes: ['invalid_request', 'invalid_token', 'missing_token'] },
];
const count = 6;

const encode = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString();

describe.each(Array.from({ length: count }, (_, i) => i))('form %i', (index) => {
  const endpoint = () => all()[index] ?? { path: '/none', fields: {}, codes: [] };
  const names = ['client_id', 'client_secret', 'grant_type', 'code', 'redirect_uri', 'code_verifier', 'refresh_token'];
  const fieldNames = [...names, 'scope', 'token', 'token_type_hint', 'access_token', 'resource', 'unknown'];

  test.each(fieldNames)('takes every bad value of %s calmly', async (name) => {
    const { path, fields, codes } = endpoint();
    const headers = path === '/userinfo' ? {} : client.basic;
    for (const [what, value] of badValues) {
      const { [name]: _replaced, ...others } = fields;
      const { status, json } = await post(path, `${encode(others)}&${name}=${value}`, headers);
      const error = json['error'];
      const label = `${path} ${name}=${what}: ${status} ${String(error)}`;
      if (status === 200) {
        expect(error, label).toBeUndefined();
        // What is said to be good may only be an answer that says nothing, or a token for a field that had no effect.
        if (path === '/token/introspect') expect(json, label).toEqual({ active: false });
      } else if (error === 'invalid_client') {
        expect([name, status], label).toEqual([expect.stringMatching(/^client_/), 401]);
      } else {
        expect(status, label).toBe(error === 'invalid_token' || error === 'missing_token' ? 401 : 400);
        expect(['invalid_request', ...codes], label).toContain(error);
      }
    }
  });

  test.each(badForms)('%s', async (_what, text, code) => {
    const { path, fields } = endpoint();
    const headers = path === '/userinfo' ? {} : client.basic;
    for (const body of [text, `${encode(fields)}&${text}`, `${text}&${encode(fields)}`]) {
      const { status, json } = await post(path, body, headers);
      expect([status, json['error']]).toEqual([400, code]);
    }
  });

  test('refuses each of its own fields twice, also with the same value', async () => {
    const { path, fields } = endpoint();
    for (const [name, value] of Object.entries(fields)) {
      const body = `${encode(fields)}&${encode({ [name]: value })}`;
      const { status, json } = await post(path, body, path === '/userinfo' ? {} : client.basic);
      expect([status, json['error']]).toEqual([400, 'invalid_request']);
    }
  });

  test('refuses raw bytes that are not UTF-8', async () => {
    const { path } = endpoint();
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xc0, 0x80]]) {
      const body = Uint8Array.from([0x78, 0x3d, ...bytes]);
      const { status, json } = await post(path, body, path === '/userinfo' ? {} : client.basic);
      expect([status, json['error']]).toEqual([400, 'invalid_request']);
    }
  });

  test('refuses other content types', async () => {
    const { path, fields } = endpoint();
    for (const type of [
      'application/json',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencodedx',
      'x-www-form-urlencoded',
      'application/xml',
      '*/*',
      ';;;',
      'application/x-www-form-urlencoded, application/json',
      '"application/x-www-form-urlencoded"',
    ]) {
      const { status, json } = await post(path, encode(fields), { 'Content-Type': type, ...client.basic });
      // UserInfo reads a token from a form alone, and asks for one where there is none.
      const expected = path === '/userinfo' ? [401, 'missing_token'] : [400, 'invalid_request'];
      expect([type, status, json['error']]).toEqual([type, ...expected]);
    }
  });

  test('reads UTF-8, whatever charset is named', async () => {
    const { path, fields } = endpoint();
    const headers = path === '/userinfo' ? {} : client.basic;
    const expected = await post(path, encode(fields), headers);
    for (const parameter of ['charset=UTF-8', 'charset="utf-8"', 'charset=utf-16', 'charset=utf-7', 'x=y', '']) {
      const type = `${formType.toUpperCase()} ; ${parameter}`;
      const { status } = await post(path, encode(fields), { ...headers, 'Content-Type': type });
      expect(status).toBe(expected.status);
      const latin1 = await post(path, Uint8Array.from([0x78, 0x3d, 0xe9]), { ...headers, 'Content-Type': type });
      expect(latin1.status).toBe(400);
    }
  });

  test('misses what is missing or empty', async () => {
    const { path, fields } = endpoint();
    const [first = ''] = Object.keys(fields);
    const headers = path === '/userinfo' ? {} : client.basic;
    for (const body of ['', '&&&', '=', '=x', '&=&', first, `${first}=`]) {
      const { status, json } = await post(path, body, headers);
      const expected = path === '/userinfo' ? [401, 'missing_token'] : [400, 'invalid_request'];
      expect([body, status, json['error']]).toEqual([body, ...expected]);
    }
  });

  test('takes a thousand unknown parameters', async () => {
    const { path, fields } = endpoint();
    const headers = path === '/userinfo' ? {} : client.basic;
    const expected = await post(path, encode(fields), headers);
    const many = Array.from({ length: 1000 }, (_, i) => `p${i}=${i}`).join('&');
    expect((await post(path, `${many}&${encode(fields)}`, headers)).status).toBe(expected.status);
  });
});

describe('Authorization headers', () => {
  const encoded = (text: string) => Buffer.from(text).toString('base64');

  test.each([
    '',
    ' ',
    'Basic',
    'Basic ',
    'Basic !!!!',
    'Basic =',
    'Basic Og==',
    `Basic ${encoded('nocolon')}`,
    `Basic ${encoded(':')}`,
    `Basic ${encoded(':secret')}`,
    `Basic ${encoded('\0:\0')}`,
    `Basic ${encoded('a\r\nb:c')}`,
    `Basic ${encoded('%zz:%zz')}`,
    `Basic ${encoded('__proto__:constructor')}`,
    `Basic ${encoded(`${'a'.repeat(5000)}:b`)}`,
    `Basic ${encoded('é😀:é')}`,
    `Basic ${Buffer.from([0xff, 0x3a, 0xfe]).toString('base64')}`,
    `Basic ${encoded('a:b')},Basic ${encoded('a:b')}`,
    `Basic a:b`,
    'Digest username=a',
    'Negotiate x',
    'Bearer',
    'Bearer x',
    'DPoP x',
  ])('%j is no client authentication', async (authorization) => {
    for (const path of ['/token', '/token/introspect', '/token/revoke']) {
      const { status, json } = await post(path, 'grant_type=client_credentials&token=x', {
        Authorization: authorization,
      });
      const asBearer = path === '/token/introspect' && /^Bearer /i.test(authorization);
      expect([status, json['error']]).toEqual([401, asBearer ? 'invalid_token' : 'invalid_client']);
    }
  });

  test.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearer  ',
    'Bearerx',
    'Basic x',
    'DPoP x',
    'x',
    'Bearer a b',
    'Bearer "\\"',
    'Bearer é',
  ])('%j opens no resource', async (authorization) => {
    for (const path of [
      '/userinfo',
      '/clients',
      '/clients/x',
      '/session-store/rest/v2/sessions',
      '/authz-sessions/rest/v3/x',
    ]) {
      const response = await server.send(path, { headers: { Authorization: authorization } });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(
        /^Bearer realm="OAuth"(, error="[a-z_]+", error_description="[^"\\]+")?$/,
      );
      decent(response, path);
    }
  });

  test('schemes are matched in any case', async () => {
    const [, credentials = ''] = (client.basic['Authorization'] ?? '').split(' ');
    for (const scheme of ['basic', 'BASIC', 'bAsIc']) {
      const headers = { Authorization: `${scheme} ${credentials}` };
      expect((await post('/token', 'grant_type=client_credentials', headers)).status).toBe(200);
    }
    for (const scheme of ['bearer', 'BEARER']) {
      const headers = { Authorization: `${scheme} ${tokens.access}` };
      expect((await server.send('/userinfo', { headers })).status).toBe(200);
    }
  });

  test('two methods at once are refused, and do not tell which was right', async () => {
    const both = encode({ grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret });
    expect((await post('/token', both, client.basic)).json['error']).toBe('invalid_request');
    const twoTokens = { access_token: tokens.access };
    const headers = { Authorization: `Bearer ${tokens.access}` };
    const { status, json } = await post('/userinfo', encode(twoTokens), headers);
    expect([status, json['error']]).toEqual([400, 'invalid_request']);
  });

  test('another client_id in the form than in the header is refused', async () => {
    const other = await server.register(versatile);
    const form = encode({ grant_type: 'client_credentials', client_id: other.id });
    expect((await post('/token', form, client.basic)).json['error']).toBe('invalid_client');
  });
});

test('a good request still works after all of it', async () => {
  const { code } = await client.authorize();
  const form = encode({ grant_type: 'authorization_code', code, redirect_uri: client.redirectUri });
  expect((await post('/token', form, client.basic)).status).toBe(200);
});
