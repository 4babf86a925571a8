import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from '../security/captured-log.ts';
import { decent, expectDecent } from './decency.ts';
import { resources } from './resources.ts';
import { converse, httpRequest } from './wire.ts';

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

const runs = { numRuns: 300 };
const bearer = { Authorization: `Bearer ${demoApiToken}` };

/** A route with one of its methods. */
const route = fc
  .constantFrom(...resources.flatMap(({ path, methods }) => methods.map((method) => ({ path, method }))))
  .map(({ path, method }) => ({ path, method, hasBody: method === 'POST' || method === 'PUT' }));

const contentType = fc.oneof(
  fc.constantFrom(
    'application/json',
    'application/x-www-form-urlencoded',
    'application/json;charset=utf-8',
    'text/plain',
    '',
  ),
  fc.string({ maxLength: 40 }).map((text) => text.replace(/[^\x20-\x7e]/g, '')),
);

const bytes = fc.uint8Array({ maxLength: 2000 }).map((array) => Uint8Array.from(array));
const anyText = fc.string({ unit: 'binary', maxLength: 300 });

/** Names that mean something somewhere, so that values get past the first check. */
const memberName = fc.oneof(
  fc.constantFrom(
    ...['sub', 'scope', 'claims', 'data', 'query', 'sub_sid', 'acr', 'amr', 'redirect_uris', 'grant_types', 'jwks'],
    ...['client_name', 'access_token', 'refresh_token', 'id_token', 'preset_claims', 'long_lived', 'audience', 'keys'],
    ...['lifetime', 'encoding', 'issue', 'rotate', '__proto__', 'constructor', 'kty', 'max_life', 'response_params'],
  ),
  anyText,
);
const { value: jsonValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'small' },
    fc.constantFrom(null, true, false, '', '*', 'openid', 'SELF_CONTAINED', 'https://rp.example/cb'),
    fc.double(),
    fc.maxSafeInteger(),
    anyText,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(memberName, tie('value'), { maxKeys: 6, noNullPrototype: false }),
  ),
}));
const jsonObject = fc.dictionary(memberName, jsonValue, { maxKeys: 8, noNullPrototype: false });

/** Reads the answer and checks it; the process must not have noticed. */
async function send(path: string, init: RequestInit): Promise<void> {
  decent(await server.send(path, init), `${init.method} ${path}`);
}

async function stillServes(): Promise<void> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope: 'read' });
  const answer = await server.send('/token', { method: 'POST', headers: client.basic, body: form });
  expect(answer.status).toBe(200);
}

describe('every route answers whatever comes with at most a refusal', () => {
  test('arbitrary bytes of arbitrary content types', async () => {
    await fc.assert(
      fc.asyncProperty(
        route,
        contentType,
        bytes,
        fc.boolean(),
        async ({ path, method, hasBody }, type, body, opened) => {
          const headers = { 'Content-Type': type, ...(opened ? bearer : {}) };
          await send(path, { method, headers, ...(hasBody ? { body } : {}) });
        },
      ),
      runs,
    );
    await stillServes();
  });

  test('arbitrary JSON', async () => {
    await fc.assert(
      fc.asyncProperty(route, jsonObject, async ({ path, method, hasBody }, value) => {
        const headers = { 'Content-Type': 'application/json', ...bearer };
        await send(path, { method, headers, ...(hasBody ? { body: JSON.stringify(value) } : {}) });
      }),
      runs,
    );
    await stillServes();
  });

  test('arbitrary forms of a genuine client', async () => {
    const names = [
      'grant_type',
      'code',
      'refresh_token',
      'token',
      'scope',
      'resource',
      'redirect_uri',
      'code_verifier',
    ];
    const grant = fc.constantFrom('authorization_code', 'refresh_token', 'client_credentials');
    const pairs = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), anyText), fc.oneof(grant, anyText)), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('/token', '/token/introspect', '/token/revoke'), pairs, async (path, list) => {
        await send(path, { method: 'POST', headers: client.basic, body: new URLSearchParams(list) });
      }),
      runs,
    );
    await stillServes();
  });

  test('arbitrary paths and queries', async () => {
    const segment = fc.oneof(
      anyText.map(percentEncoded),
      fc.constantFrom('clients', 'token', '..', '.', '%', '%2e', '%00', ''),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { maxLength: 6 }), fc.webQueryParameters(), async (segments, query) => {
        const { responses } = await converse(server, httpRequest('GET', `/${segments.join('/')}?${query}`, bearer));
        expect(responses).toHaveLength(1);
        for (const { status, headers, body } of responses) expectDecent({ status, headers, body });
      }),
      runs,
    );
    await stillServes();
  });

  test('arbitrary credentials', async () => {
    const scheme = fc.constantFrom('Basic ', 'Bearer ', 'DPoP ', '');
    const value = fc.oneof(
      fc.base64String({ maxLength: 80 }),
      anyText.map((text) => Buffer.from(text).toString('base64')),
      fc.string({ maxLength: 80 }),
      fc.stringMatching(/^[\w-]{22}\.[\w-]{22}$/),
      fc.stringMatching(/^ey[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,40}$/),
    );
    await fc.assert(
      fc.asyncProperty(route, scheme, value, async ({ path, method }, prefix, text) => {
        const headers = { Authorization: `${prefix}${text}`, SID: text.slice(0, 45) };
        const response = await server.send(path, { method, headers });
        decent(response, `${method} ${path}`);
        const open = path === '' || /^\/(\.well-known|jwks)/.test(path);
        expect(open ? 200 : response.status).toBeGreaterThanOrEqual(open ? 200 : 400);
      }),
      runs,
    );
  });
});

test('an authorization request of arbitrary parameters is refused or prompts, and never goes elsewhere', async () => {
  const standard = [
    ...['scope', 'state', 'nonce', 'prompt', 'max_age', 'display', 'acr_values', 'login_hint', 'id_token_hint'],
    ...['claims', 'ui_locales', 'response_mode', 'response_type', 'code_challenge', 'resource', 'redirect_uri', 'iss'],
  ];
  const pairs = fc.array(
    fc.tuple(fc.oneof(fc.constantFrom(...standard), anyText), fc.oneof(anyText, fc.json({ maxDepth: 3 }), fc.webUrl())),
    { maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(pairs, fc.boolean(), async (list, replace) => {
      const base = new URLSearchParams(client.query());
      for (const [name, value] of list) replace ? base.set(name, value) : base.append(name, value);
      const message = (await server.call('POST', '/authz-sessions/rest/v3', { query: base.toString() })).body;
      expect(['auth', 'response', 'error']).toContain(message['type']);
      if (message['type'] !== 'response') return;
      const { uri } = Object(message['parameters']);
      expect(String(uri).startsWith('https://rp.example/cb')).toBe(true);
      expect(String(uri)).not.toMatch(/[\s"<>\\]/);
    }),
    runs,
  );
});

test('arbitrary bytes on a connection end in an answer or a closed connection, and nothing else', async () => {
  const start = fc.constantFrom(
    '',
    'GET ',
    'POST /token HTTP/1.1\r\n',
    'POST /clients HTTP/1.1\r\nHost: x\r\n',
    '\r\n',
  );
  await fc.assert(
    fc.asyncProperty(start, fc.uint8Array({ minLength: 1, maxLength: 300 }), async (prefix, rest) => {
      const garbage = Buffer.concat([Buffer.from(prefix), rest, Buffer.from('\r\n\r\n')]);
      const { responses, closed } = await converse(server, garbage, { end: true, expected: 0, wait: 1000 });
      expect(closed).toBe(true);
      for (const { status, headers, body } of responses) expectDecent({ status, headers, body });
    }),
    { numRuns: 200 },
  );
  await stillServes();
});

/** Percent-encodes any text, lone surrogates included. */
function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
