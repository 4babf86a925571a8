import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { decent } from './decency.ts';

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register(versatile);
});
afterAll(() => server.close());

/** Bytes: numbers are bytes, texts are UTF-8. */
function bytes(...parts: readonly (string | number)[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part, 'utf8')])));
}

const bom = [0xef, 0xbb, 0xbf];
const metadata = '"redirect_uris":["https://rp.example/cb"]';

describe('what is wrong with a JSON body is told as it is', () => {
  /** The readers of JSON, each with a body that it takes. */
  const doors: readonly (readonly [method: string, path: string, good: string])[] = [
    ['POST', '/clients', `{${metadata}}`],
    ['POST', '/authz-sessions/rest/v3', '{"query":"response_type=code"}'],
    ['POST', '/session-store/rest/v2/sessions', '{"sub":"alice"}'],
  ];

  async function told(
    [method, path]: readonly [string, string, string],
    body: Uint8Array<ArrayBuffer>,
    type = 'application/json',
  ) {
    const headers = { Authorization: `Bearer ${demoApiToken}`, 'Content-Type': type };
    const answer = await server.send(path, { method, headers, body });
    return [answer.status, decent(answer)['error_description']];
  }

  describe.each(doors)('%s %s', (...door) => {
    const [, , good] = door;
    const inside = good.slice(1, -1);

    test.each<[string, Uint8Array<ArrayBuffer>, string]>([
      ['bytes that are no UTF-8', bytes('{"a":"', 0xff, '"}'), 'The JSON is not valid UTF-8'],
      ['Latin-1', bytes('{"client_name":"Caf', 0xe9, '"}'), 'The JSON is not valid UTF-8'],
      ['UTF-16 with its mark', bytes(0xff, 0xfe, '{', 0, '}', 0), 'The JSON is not valid UTF-8'],
      ['a text that breaks off within a letter', bytes('{"a":"', 0xc3), 'The JSON is not valid UTF-8'],
      ['a text that breaks off', bytes('{"a":"b'), 'Malformed JSON'],
      ['nothing', bytes(), 'The body is empty: expected JSON'],
      ['a mark and nothing', bytes(...bom), 'The body is empty: expected JSON'],
      ['no object', bytes('["a"]'), 'Expected a JSON object'],
      ['a member twice', bytes(`{${inside},${inside}}`), 'A member of a JSON object is repeated'],
      ['a member twice, once escaped', bytes('{"data":1,"d\\u0061ta":1}'), 'A member of a JSON object is repeated'],
      [
        'a member twice further in',
        bytes('{"x":[{"a":[],"b":{"a":1},"a":0}]}'),
        'A member of a JSON object is repeated',
      ],
      ['a form', bytes('a=b'), 'Malformed JSON'],
    ])('%s', async (_what, body, text) => {
      expect(await told(door, body)).toEqual([400, text]);
    });

    test('another media type, and none', async () => {
      const text = 'Missing or unexpected Content-Type: expected application/json';
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', '']) {
        expect(await told(door, bytes(good), type)).toEqual([400, text]);
      }
    });

    test('names that only look repeated, a byte order mark and a charset are taken', async () => {
      const similar = bytes(`{${inside},"data":{"data":{"a":"a\\"a\\\\"},"a":["a","a",{"a":1},{"a":1}],"":1," ":","}}`);
      for (const body of [bytes(good), bytes(...bom, good), similar]) {
        const [status] = await told(door, body, 'application/json; charset=ISO-8859-1');
        // Members that one of the doors does not know are its own business.
        if (status !== 200 && status !== 201) expect(await told(door, body)).not.toContain('repeated');
      }
      for (const body of [bytes(good), bytes(...bom, good)]) {
        const [status] = await told(door, body, 'application/json; charset=UTF-8');
        expect([200, 201]).toContain(status);
      }
    });
  });
});

describe('what is wrong with a form or a query is told as it is', () => {
  const form = 'application/x-www-form-urlencoded';
  const post = async (path: string, body: Uint8Array<ArrayBuffer> | string, type = form) => {
    const headers = { ...client.basic, 'Content-Type': type };
    const answer = await server.send(path, { method: 'POST', headers, body });
    return [answer.status, decent(answer)['error_description']];
  };

  test.each(['/token', '/token/introspect', '/token/revoke'])('%s', async (path) => {
    expect(await post(path, bytes('token=', 0xff))).toEqual([400, 'The form is not valid UTF-8']);
    expect(await post(path, 'token=%zz')).toEqual([400, 'A parameter has broken percent-encoding']);
    expect(await post(path, '{}', 'application/json')).toEqual([
      400,
      `Missing or unexpected Content-Type: expected ${form}`,
    ]);
    expect(await post(path, `token=${'a'.repeat(50_000)}`)).toEqual([
      400,
      'The request body is too large: at most 50000 bytes are taken',
    ]);
    expect(await post(path, 'a='.padEnd(300_000, 'a'))).toEqual([
      400,
      'The request body is too large: at most 262144 bytes are taken',
    ]);
  });

  test('a query is not called a form', async () => {
    const answer = await server.call('GET', '/clients?limit=%zz');
    expect([answer.status, answer.body['error_description']]).toEqual([400, 'A parameter has broken percent-encoding']);
  });
});
