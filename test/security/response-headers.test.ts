import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import type { Answer } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { startWithPages } from '../support/login-pages.ts';

let server: TestServer;
let client: TestClient;

const evil = 'https://evil.example';

beforeAll(async () => {
  server = await startWithPages();
  client = await server.register(versatile);
});
afterAll(() => server.close());

const api = { Authorization: `Bearer ${demoApiToken}`, 'Content-Type': 'application/json' };

async function answersWithSecrets(): Promise<Readonly<Record<string, Answer>>> {
  const tokens = await client.tokens();
  const { code } = await client.authorize();
  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = client.basic) =>
    server.post(path, form, headers);
  const query = JSON.stringify({ query: new URLSearchParams(client.query()).toString() });
  const registration = JSON.stringify({ redirect_uris: ['https://rp.example/cb'] });
  const grant = { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri };
  return {
    token: await post('/token', grant),
    'token refused': await post('/token', grant),
    'token unauthenticated': await post('/token', grant, {}),
    introspection: await post('/token/introspect', { token: tokens.access }),
    inactive: await post('/token/introspect', { token: 'x' }),
    revocation: await post('/token/revoke', { token: 'x' }),
    userinfo: await server.userInfo(tokens.access),
    'userinfo refused': await server.send('/userinfo'),
    registration: await server.send('/clients', { method: 'POST', headers: api, body: registration }),
    'registration read': await server.send(`/clients/${client.id}`, { headers: api }),
    'registration list': await server.send('/clients', { headers: api }),
    'authorisation session': await server.send('/authz-sessions/rest/v3', {
      method: 'POST',
      headers: api,
      body: query,
    }),
    'subject sessions': await server.send('/session-store/rest/v2/sessions', { headers: api }),
    'nothing there': await server.send('/none'),
  };
}

describe('answers', () => {
  test('with tokens, claims or refusals are kept by nobody and sniffed by nobody', async () => {
    for (const [name, { headers }] of Object.entries(await answersWithSecrets())) {
      expect([name, headers.get('cache-control'), headers.get('pragma')]).toEqual([name, 'no-store', 'no-cache']);
      expect([name, headers.get('x-content-type-options')]).toEqual([name, 'nosniff']);
      for (const header of ['etag', 'last-modified', 'expires', 'set-cookie', 'server', 'x-powered-by', 'location']) {
        expect([name, header, headers.get(header)]).toEqual([name, header, null]);
      }
    }
  });

  test('for everybody may be kept, for a bounded time, and have an entity tag', async () => {
    for (const path of ['/jwks.json', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
      const { headers } = await server.send(path);
      const age = Number(/^public, max-age=(\d+)$/.exec(headers.get('cache-control') ?? '')?.[1]);
      expect(age).toBeGreaterThan(0);
      expect(age).toBeLessThanOrEqual(3600);
      expect(headers.get('etag')).toMatch(/^"[\w-]+"$/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test('with keys have no private part', async () => {
    const { keys } = (await server.call('GET', '/jwks.json')).body;
    expect(Array.isArray(keys) && keys.length > 0).toBe(true);
    for (const key of Array.isArray(keys) ? keys : []) {
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) expect(key).not.toHaveProperty(member);
      expect(key.kty).not.toBe('oct');
    }
  });
});

describe('CORS', () => {
  test('opens no door that cookies guard: the login pages answer no other origin', async () => {
    for (const [method, path] of [
      ['OPTIONS', '/login'],
      ['OPTIONS', '/login/sign-in'],
      ['GET', '/login'],
      ['POST', '/login/sign-in'],
      ['POST', '/login/consent'],
      ['POST', '/login/sign-out'],
    ] as const) {
      const headers = { Origin: evil, 'Access-Control-Request-Method': 'POST', Cookie: 'tessera_sub_sid=x' };
      const response = await server.send(path, { method, headers });
      const granted = [...response.headers.keys()].filter((name) => name.startsWith('access-control-'));
      expect([method, path, granted]).toEqual([method, path, []]);
    }
  });

  test('lets scripts call the APIs, which no cookie opens', async () => {
    const cookie = { Origin: evil, Cookie: `access_token=${demoApiToken}; tessera_sub_sid=x` };
    for (const path of ['/userinfo', '/clients', '/session-store/rest/v2/sessions']) {
      const response = await server.send(path, { headers: cookie });
      expect(response.status).toBe(401);
      expect(response.headers.getSetCookie()).toEqual([]);
    }
    const preflight = await server.send('/userinfo', { method: 'OPTIONS', headers: { Origin: evil } });
    expect(preflight.headers.get('vary')).toContain('Origin');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
  });

  test('takes any request header, or those that are configured', async () => {
    const limited = await startTestServer({ properties: { 'cors.supportedHeaders': 'Authorization' } });
    const allowedBy = async (issuer: string, wanted: string) => {
      const headers = { Origin: evil, 'Access-Control-Request-Headers': wanted };
      const response = await fetch(`${issuer}/token`, { method: 'OPTIONS', headers });
      return response.headers.get('access-control-allow-headers')?.split(/, */) ?? [];
    };
    expect(await allowedBy(server.issuer, 'x-requested-with,x-b')).toEqual(
      expect.arrayContaining(['Authorization', 'x-requested-with', 'x-b']),
    );
    expect(await allowedBy(limited.issuer, 'x-requested-with')).toEqual(['Authorization']);
    for (const odd of ['a;b', 'a:b', '"', 'é', 'a'.repeat(1001)]) {
      expect((await allowedBy(server.issuer, odd)).join()).not.toContain(odd);
    }
    await limited.close();
  });

  test('lets no origin send cookies along that nobody has named, whatever it asks for', async () => {
    const named = await startTestServer({ properties: { 'cors.allowOrigin': '* https://good.example' } });
    const never = await startTestServer({
      properties: { 'cors.allowOrigin': 'https://good.example', 'cors.supportsCredentials': 'false' },
    });
    const grantedBy = async (issuer: string, origin: string, method: string) => {
      const { headers } = await fetch(`${issuer}/userinfo`, { method, headers: { Origin: origin } });
      const credentials = headers.get('access-control-allow-credentials');
      return [headers.get('access-control-allow-origin'), credentials, headers.get('vary')];
    };
    for (const method of ['OPTIONS', 'GET', 'POST']) {
      for (const origin of [evil, 'null', '*', 'https://good.example.evil.example']) {
        expect(await grantedBy(server.issuer, origin, method)).toEqual(['*', null, 'Origin']);
        expect(await grantedBy(named.issuer, origin, method)).toEqual(['*', null, 'Origin']);
      }
      for (const origin of ['https://good.example', new URL(named.issuer).origin]) {
        expect(await grantedBy(named.issuer, origin, method)).toEqual([origin, 'true', 'Origin']);
      }
      expect(await grantedBy(never.issuer, 'https://good.example', method)).toEqual([
        'https://good.example',
        null,
        'Origin',
      ]);
    }
    await named.close();
    await never.close();
  });

  test('offers scripts no header by which a proxy says whom a request is for', async () => {
    const wanted = 'issuer, X-B,Tenant-ID , ISSUER,tenant-id';
    const headers = { Origin: evil, 'Access-Control-Request-Headers': wanted };
    const preflight = await server.send('/token', { method: 'OPTIONS', headers });
    const names = preflight.headers.get('access-control-allow-headers') ?? '';
    expect(names).toContain('X-B');
    expect(names).not.toMatch(/issuer|tenant/i);
    const plain = await server.send('/token', { method: 'OPTIONS', headers: { Origin: evil } });
    expect(plain.headers.get('access-control-allow-headers')).not.toMatch(/issuer|tenant/i);
  });

  test('names only the origins that are configured', async () => {
    const strict = await startTestServer({ properties: { 'cors.allowOrigin': 'https://good.example' } });
    const originFor = async (origin: string) =>
      (await strict.send('/jwks.json', { headers: { Origin: origin } })).headers.get('access-control-allow-origin');
    expect(await originFor('https://good.example')).toBe('https://good.example');
    for (const origin of [
      evil,
      'null',
      'http://good.example',
      'https://good.example.evil.example',
      'https://good.example:8443',
      'https://GOOD.example',
      'https://evil.example/https://good.example',
      'https://good.example, https://evil.example',
      '*',
    ]) {
      expect(await originFor(origin)).toBeNull();
      const headers = { Origin: origin, Authorization: `Bearer ${demoApiToken}` };
      const refused = await strict.send('/clients', { headers });
      expect(refused.status).toBe(403);
      expect(refused.json).toMatchObject({ error: 'access_denied' });
    }
    const { origin: own } = new URL(strict.issuer);
    expect(await originFor(own)).toBe(own);
    expect((await strict.send('/jwks.json')).status).toBe(200);
    await strict.close();

    const off = await startTestServer({ properties: { 'cors.enable': 'false' } });
    const { headers } = await off.send('/jwks.json', { headers: { Origin: evil } });
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    await off.close();
  });
});

describe('pages', () => {
  test('of the server itself run no script and cannot be framed', async () => {
    const { headers, status } = await server.send('/');
    expect(status).toBe(200);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('cannot be framed, run no foreign script, tell nobody where they come from, and are not kept', async () => {
    const query = new URLSearchParams(client.query()).toString();
    const pages = [
      await server.send(`/login?${query}`),
      await server.send('/login?client_id=nobody'),
      await server.send('/login'),
      await server.send('/login/none'),
      await server.send('/login/sign-in', { method: 'POST' }),
      await server.send(`/login?${query}&prompt=login`, { method: 'POST', body: new URLSearchParams(query) }),
    ];
    for (const [index, { headers, status }] of pages.entries()) {
      const label = `page ${index}, ${status}`;
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy, label).toContain("frame-ancestors 'none'");
      expect(policy, label).toMatch(/^default-src 'none'/);
      expect(policy, label).not.toMatch(/unsafe|\*|script-src/);
      expect(headers.get('x-frame-options'), label).toBe('DENY');
      expect(headers.get('x-content-type-options'), label).toBe('nosniff');
      expect(headers.get('referrer-policy'), label).toBe('no-referrer');
      expect(headers.get('cache-control'), label).toBe('no-store');
      for (const name of ['server', 'x-powered-by']) expect(headers.get(name), label).toBeNull();
    }
  });
});
