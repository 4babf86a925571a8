import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from '../security/captured-log.ts';
import { decent } from './decency.ts';
import { resources } from './resources.ts';

let server: TestServer;
const captured = captureLog();

beforeAll(async () => {
  server = await startTestServer({ log: captured.log });
});
afterAll(async () => {
  expect(captured.faults()).toEqual([]);
  await server.close();
});

const everyMethod = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'MKCOL', 'SEARCH', 'QUERY'];

describe.each(resources)('$path', ({ path, methods }) => {
  const served = new Set(methods);

  test.each(everyMethod.filter((method) => !served.has(method)))('answers 405 with Allow to %s', async (method) => {
    for (const suffix of ['', '/', '?x=%']) {
      const response = await server.send(path + suffix, {
        method,
        headers: { Authorization: `Bearer ${demoApiToken}` },
      });
      expect([response.status, decent(response)['error']]).toEqual([405, 'invalid_request']);
      const allow = new Set(response.headers.get('allow')?.split(', '));
      expect(allow).toEqual(new Set([...methods, ...(served.has('GET') ? ['HEAD'] : []), 'OPTIONS']));
    }
  });

  test('answers OPTIONS without a credential', async () => {
    const response = await server.send(path, { method: 'OPTIONS' });
    expect([response.status, response.text]).toEqual([204, '']);
    expect(response.headers.get('allow')).toContain('OPTIONS');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test.each(methods)('takes %s with a method override for what it is', async (method) => {
    const response = await server.send(path, {
      method,
      headers: { 'X-HTTP-Method-Override': 'DELETE', 'X-HTTP-Method': 'DELETE', 'X-Method-Override': 'DELETE' },
    });
    const plain = await server.send(path, { method });
    expect(response.status).toBe(plain.status);
    decent(response);
  });

  test('takes odd request headers calmly', async () => {
    for (const headers of [
      { 'If-None-Match': '*, "", W/, "'.repeat(100) },
      { 'If-None-Match': '"' },
      { 'If-Modified-Since': 'yesterday' },
      { Range: 'bytes=0-1,2-3' },
      { Accept: 'text/html;q=x, */*;q=-1' },
      { 'Accept-Encoding': 'zip-bomb' },
      { 'Content-Encoding': 'gzip' },
      { Cookie: 'a=b; __proto__=c; =; '.repeat(200) },
      { Origin: 'null' },
      { Origin: '\u00e9' },
      { 'X-Forwarded-For': '127.0.0.1', 'X-Forwarded-Host': 'evil.example', Forwarded: 'for=evil' },
      { Host: 'evil.example' },
      { Referer: 'javascript:alert(1)' },
    ]) {
      const method = served.has('GET') ? 'GET' : 'POST';
      const response = await server.send(path, { method, headers });
      decent(response, JSON.stringify(headers));
      expect(response.text).not.toContain('evil');
      expect(response.headers.get('location')).toBeNull();
    }
  });
});

test.each([
  '/none',
  '/token/none',
  '/clients/a/b',
  '/authz-sessions/rest/v3/a/b',
  '/.env',
  '/.git/config',
  '/favicon.ico',
  '/admin',
  '/authz-sessions/rest/v4',
  '/session-store/rest/v2/sessions/none',
])('there is nothing at %s, by any method', async (path) => {
  for (const method of everyMethod) {
    const response = await server.send(path, { method, ...(method === 'POST' ? { body: '{' } : {}) });
    expect([response.status, decent(response)['error']]).toEqual([404, 'not_found']);
  }
});

test('below the path of the issuer there is nothing outside of it', async () => {
  const below = await startTestServer({ path: '/c2id' });
  const { origin } = new URL(below.issuer);
  for (const path of [
    '/token',
    '/jwks.json',
    '/c2idx/jwks.json',
    '/c2id%2fjwks.json',
    '/C2ID/jwks.json',
    '/c2id/../jwks.json',
  ]) {
    expect((await fetch(origin + path)).status).toBe(404);
  }
  expect((await fetch(`${origin}/c2id/jwks.json`)).status).toBe(200);
  await below.close();
});
