import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from '../security/captured-log.ts';
import { cpuMilliseconds } from '../support/cpu-time.ts';
import { expectDecent } from './decency.ts';
import { converse, httpRequest } from './wire.ts';

let server: TestServer;
let client: TestClient;
const captured = captureLog();

beforeAll(async () => {
  server = await startTestServer({ properties: { 'http.requestTimeout': '1000' }, log: captured.log });
  client = await server.register(versatile);
});
afterAll(async () => {
  // Whatever was sent: the server still serves.
  expect((await server.send('/jwks.json')).status).toBe(200);
  expect(captured.faults()).toEqual([]);
  await server.close();
});

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const host = 'Host: localhost\r\n';
const grant = 'grant_type=client_credentials';

const tokenRequest = () => httpRequest('POST', '/token', { ...form, ...client.basic }, grant);

describe('bytes that are no request are refused, and the connection is closed', () => {
  test.each<[string, string | Buffer, number]>([
    ['garbage', 'garbage\r\n\r\n', 400],
    ['a TLS handshake', Buffer.from([22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]), 400],
    ['NUL bytes', Buffer.alloc(64), 400],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['an unknown method', `STEAL /token HTTP/1.1\r\n${host}\r\n`, 400],
    ['a method in lower case', `get /jwks.json HTTP/1.1\r\n${host}\r\n`, 400],
    ['no Host', 'GET /jwks.json HTTP/1.1\r\n\r\n', 400],
    ['a header without colon', `GET /jwks.json HTTP/1.1\r\n${host}X\r\n\r\n`, 400],
    ['a space before the colon', `GET /jwks.json HTTP/1.1\r\n${host}Content-Length : 3\r\n\r\nabc`, 400],
    ['a folded header', `GET /jwks.json HTTP/1.1\r\n${host}X: a\r\n b\r\n\r\n`, 400],
    ['NUL in a header', `GET /jwks.json HTTP/1.1\r\n${host}X: a\0b\r\n\r\n`, 400],
    ['a bare CR in a header', `GET /jwks.json HTTP/1.1\r\n${host}X: a\rb\r\n\r\n`, 400],
    ['raw UTF-8 in the target', `GET /clients/é HTTP/1.1\r\n${host}\r\n`, 400],
    ['a control character in the target', `GET /clients/\u0001 HTTP/1.1\r\n${host}\r\n`, 400],
    ['a huge target', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, 431],
    ['a huge header', `GET /jwks.json HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['thousands of headers', `GET /jwks.json HTTP/1.1\r\n${host}${'X: a\r\n'.repeat(5000)}\r\n`, 431],
    ['a negative length', `POST /token HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`, 400],
    ['a length in hexadecimal', `POST /token HTTP/1.1\r\n${host}Content-Length: 0x3\r\n\r\nabc`, 400],
    ['a length beyond numbers', `POST /token HTTP/1.1\r\n${host}Content-Length: ${'9'.repeat(30)}\r\n\r\n`, 400],
    ['two lengths', `POST /token HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400],
    [
      'length and chunks',
      `POST /token HTTP/1.1\r\n${host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
    ],
    [
      'chunks and length',
      `POST /token HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n`,
      400,
    ],
    ['a foreign transfer coding', `POST /token HTTP/1.1\r\n${host}Transfer-Encoding: gzip\r\n\r\nxx`, 400],
    ['an obscured transfer coding', `POST /token HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n`, 400],
    ['a broken chunk', `POST /token HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    ['a chunk longer than said', `POST /token HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n`, 400],
  ])('%s', async (what, bytes, status) => {
    const { responses, closed } = await converse(server, bytes, { expected: 0 });
    expect([closed, responses.map((response) => response.status)]).toEqual([true, [status]]);
    for (const response of responses) expectDecent(response, what);
  });

  test('a tunnel is not opened', async () => {
    const { raw, closed } = await converse(server, `CONNECT internal:22 HTTP/1.1\r\n${host}\r\n`, { expected: 0 });
    expect([closed, raw]).toEqual([true, '']);
  });
});

describe('odd but legal requests', () => {
  test.each<[string, string, number]>([
    ['an absolute target', httpRequest('GET', 'http://elsewhere.example/jwks.json'), 200],
    ['an absolute target without path', httpRequest('GET', 'http://elsewhere.example?x=1'), 200],
    ['an absolute target of another scheme', httpRequest('GET', 'ftp://elsewhere.example/jwks.json'), 404],
    ['a double slash', httpRequest('GET', '//jwks.json'), 404],
    ['a target that looks like a host', httpRequest('GET', '//evil.example/jwks.json'), 404],
    ['dot segments', httpRequest('GET', '/x/../jwks.json'), 404],
    ['encoded dot segments', httpRequest('GET', '/%2e%2e/%2e%2e/etc/passwd'), 404],
    ['a percent-encoded letter', httpRequest('GET', '/jwks%2ejson'), 404],
    ['another case', httpRequest('GET', '/JWKS.json'), 404],
    ['path parameters', httpRequest('GET', '/jwks.json;a=b'), 404],
    ['a trailing slash', httpRequest('GET', '/jwks.json/'), 200],
    ['a fragment', httpRequest('GET', '/jwks.json#x'), 404],
    ['an asterisk', httpRequest('OPTIONS', '*'), 404],
    ['a backslash', httpRequest('GET', '/\\jwks.json'), 404],
    ['broken percent-encoding in the query', httpRequest('GET', '/jwks.json?%'), 200],
    ['broken percent-encoding in the path', httpRequest('GET', '/clients/%zz'), 400],
    ['invalid UTF-8 in the path', httpRequest('GET', '/clients/%ff'), 400],
    ['an overlong UTF-8 slash in the path', httpRequest('GET', '/clients/%c0%af'), 400],
    ['NUL in the path', httpRequest('GET', '/clients/%00'), 401],
    ['an encoded slash in the path', httpRequest('GET', '/clients/a%2Fb'), 401],
    ['a long path parameter', httpRequest('GET', `/clients/${'a'.repeat(10_000)}`), 401],
    ['a name of Object.prototype', httpRequest('GET', '/__proto__'), 404],
    ['a name of Object.prototype as client', httpRequest('GET', '/clients/__proto__'), 401],
    ['an upgrade', httpRequest('GET', '/jwks.json', { Connection: 'Upgrade', Upgrade: 'websocket' }), 200],
    [
      'two Authorization headers',
      httpRequest('GET', '/userinfo', { Authorization: 'Bearer a', authorization: 'b' }),
      401,
    ],
    ['an unknown expectation', httpRequest('POST', '/token', { ...form, Expect: 'miracle' }, grant), 417],
    ['TRACE', httpRequest('TRACE', '/token', { 'X-Secret': 'not-to-be-echoed' }), 405],
    ['HTTP/1.0', 'GET /jwks.json HTTP/1.0\r\n\r\n', 200],
  ])('%s', async (what, bytes, status) => {
    const { responses, raw } = await converse(server, bytes);
    expect(responses.map((response) => response.status)).toEqual([status]);
    for (const response of responses) expectDecent(response, what);
    expect(raw).not.toContain('not-to-be-echoed');
  });

  test('the path of many slashes costs no time', async () => {
    const bytes = httpRequest('GET', `/${'/'.repeat(15_000)}x/`);
    const spent = await cpuMilliseconds(() => Promise.all(Array.from({ length: 10 }, () => converse(server, bytes))));
    // One of them took 200 ms with a backtracking expression.
    expect(spent).toBeLessThan(1000);
  });

  test('of two credentials neither counts, in whichever order', async () => {
    const good = client.basic['Authorization'] ?? '';
    for (const [one, two] of [
      [good, 'Basic eDp5'],
      ['Basic eDp5', good],
      [good, good],
      [good, 'Bearer x'],
    ]) {
      const headers = { ...form, Authorization: `${one}\r\nAuthorization: ${two}` };
      const { responses } = await converse(server, httpRequest('POST', '/token', headers, grant));
      expect(responses.map(({ status }) => status)).toEqual([401]);
    }
    const headers = {
      'Content-Type': 'application/x-www-form-urlencoded\r\nContent-Type: text/plain',
      ...client.basic,
    };
    const { responses } = await converse(server, httpRequest('POST', '/token', headers, grant));
    expect(responses.map(({ status }) => status)).toEqual([400]);
  });

  test('Expect: 100-continue is heard', async () => {
    const bytes = httpRequest('POST', '/token', { ...form, ...client.basic, Expect: '100-continue' }, grant);
    const { responses, raw } = await converse(server, bytes);
    expect(raw).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(responses).toHaveLength(1);
  });

  test('a body comes in chunks, and byte by byte', async () => {
    const head = httpRequest('POST', '/token', { ...form, ...client.basic, 'Transfer-Encoding': 'chunked' });
    const chunks = [...grant].map((letter) => `1\r\n${letter}\r\n`);
    expect((await converse(server, [head, ...chunks, '0\r\n\r\n'])).responses[0]?.status).toBe(200);
    expect((await converse(server, [...tokenRequest()])).responses[0]?.status).toBe(200);
  });

  test('HEAD has the headers of GET and no body', async () => {
    for (const path of ['/jwks.json', '/.well-known/openid-configuration', '/userinfo', '/none']) {
      const get = await converse(server, httpRequest('GET', path));
      const head = await converse(server, httpRequest('HEAD', path), { head: true, wait: 300, expected: 0 });
      expect(head.responses[0]?.status).toBe(get.responses[0]?.status);
      expect(head.responses[0]?.headers.get('content-length')).toBe(get.responses[0]?.headers.get('content-length'));
      expect(head.raw.endsWith('\r\n\r\n')).toBe(true);
    }
  });

  test('a body of GET is read off, so that it is not taken for the next request', async () => {
    const smuggled = httpRequest('DELETE', '/clients/x');
    const bytes = httpRequest('GET', '/jwks.json', {}, smuggled) + httpRequest('GET', '/none');
    const { responses } = await converse(server, bytes, { expected: 2 });
    expect(responses.map(({ status }) => status)).toEqual([200, 404]);
  });
});

describe('several requests on one connection', () => {
  test('pipelined requests are answered in order', async () => {
    const bytes = [
      httpRequest('GET', '/jwks.json'),
      httpRequest('POST', '/token', form, 'grant_type=%zz'),
      tokenRequest(),
      httpRequest('DELETE', '/token'),
      httpRequest('GET', '/userinfo'),
      tokenRequest(),
    ].join('');
    const { responses } = await converse(server, bytes, { expected: 6 });
    expect(responses.map(({ status }) => status)).toEqual([200, 400, 200, 405, 401, 200]);
    for (const response of responses) expectDecent(response);
  });

  test('garbage after a good request ends the connection, with nothing but whole answers on it', async () => {
    const { responses, closed } = await converse(server, `${tokenRequest()}garbage\r\n\r\n`, { expected: 0 });
    expect(closed).toBe(true);
    // The answer to the first request may have been on its way when the connection was given up.
    expect(['400', '200,400']).toContain(responses.map(({ status }) => status).join());
  });

  test('the connection stays usable after every refusal of a complete request', async () => {
    const refusals = [
      httpRequest('POST', '/token', {}, 'x'),
      httpRequest('POST', '/token', form, 'a=%'),
      httpRequest('POST', '/clients', { 'Content-Type': 'application/json' }, '{'),
      httpRequest('PUT', '/jwks.json', {}, 'x'),
      httpRequest('GET', '/clients/%zz'),
    ];
    for (const refusal of refusals) {
      const { responses } = await converse(server, refusal + tokenRequest(), { expected: 2 });
      expect(responses.map(({ status }) => status)[1]).toBe(200);
    }
  });
});

describe('slow, half and endless requests', () => {
  const half = httpRequest('POST', '/token', { ...form, 'Content-Length': '30' });

  test.each([
    ['a slow body', `${half}grant_type=`],
    ['slow headers', 'GET /jwks.json HTTP/1.1\r\nHost: x\r\nX: '],
    ['a slow request line', 'GET /jw'],
    ['slow chunks', `${httpRequest('POST', '/token', { ...form, 'Transfer-Encoding': 'chunked' })}1\r\na\r\n`],
  ])('%s is given up after http.requestTimeout', async (_what, bytes) => {
    const { responses, closed } = await converse(server, bytes, { expected: 0, wait: 5000 });
    expect([closed, responses.map(({ status }) => status)]).toEqual([true, [408]]);
  });

  test('a connection that is broken off within a request does not count as a fault of the server', async () => {
    for (const bytes of [half, `${half}gra`, 'POST /tok']) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(new URL(server.issuer).port), '127.0.0.1', () => {
          socket.write(bytes, () => socket.resetAndDestroy());
        });
        socket.on('close', () => resolve());
      });
    }
    const { responses } = await converse(server, half, { end: true, expected: 0 });
    expect(responses.map(({ status }) => status)).toEqual([400]);
    expect(captured.faults()).toEqual([]);
  });

  test.each([
    ['announced', { 'Content-Length': '10000000' }, 'a'],
    [
      'in chunks',
      { 'Transfer-Encoding': 'chunked' },
      `40000\r\n${'a'.repeat(0x40000)}\r\n40000\r\n${'a'.repeat(0x40000)}\r\n`,
    ],
  ])('a body beyond http.bodyLimit, %s, is refused and the connection closed', async (_what, length, body) => {
    for (const [path, type] of [
      ['/token', 'application/x-www-form-urlencoded'],
      ['/clients', 'application/json'],
      ['/none', 'text/plain'],
    ] as const) {
      const head = httpRequest('POST', path, { 'Content-Type': type, ...length });
      const { responses, closed } = await converse(server, [head, body], { expected: 0 });
      expect([closed, responses.map(({ status }) => status)]).toEqual([true, [400]]);
      for (const response of responses) expectDecent(response);
    }
  });
});
