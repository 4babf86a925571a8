import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken as master } from '../../src/demo.ts';
import type { AccessToken } from '../../src/domain/access-token.ts';
import type { Provider } from '../../src/protocol/context.ts';
import { initialAccessToken } from '../../src/testing/initial-token.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const redirect_uris = ['https://client.example.org/cb'];
let provider: Provider;
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  ({ provider } = server);
});
afterAll(() => server.close());

async function call(method: string, path: string, token?: string, body?: unknown) {
  const {
    status,
    headers,
    body: json,
  } = await server.send(path, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status, json, challenge: headers.get('www-authenticate') };
}

async function register(metadata: object = {}) {
  const { status, json } = await call('POST', '/clients', master, { redirect_uris, ...metadata });
  expect(status).toBe(201);
  return { id: String(json['client_id']), token: String(json['registration_access_token']), json };
}

function initialToken(members: Partial<AccessToken> = {}): Promise<string> {
  return initialAccessToken(provider, members);
}

describe('the one-time initial access token', () => {
  test('registers exactly one of 100 clients at once', async () => {
    const token = await initialToken();
    const before = await provider.stores.clients.count();
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => call('POST', '/clients', token, { redirect_uris })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toStrictEqual([201, ...Array(99).fill(401)]);
    expect(await provider.stores.clients.count()).toBe(before + 1);
  });

  test('is void after its expiry, with another issuer, when tampered with, and once revoked', async () => {
    const now = provider.clock.now();
    const good = await initialToken();
    const [header, , signature] = good.split('.');
    const more = { iss: provider.issuer, sub: 'a', cid: 'x', scp: ['client-reg'], aud: [provider.issuer] };
    const forged = Buffer.from(JSON.stringify({ ...more, iat: now, exp: now + 600, jti: 'x' })).toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const revoked = await initialToken({ clientId: 'gone', issuedAt: now - 10 });
    await provider.stores.revocations.revoke({ clientId: 'gone' }, now, now + 1000);
    for (const token of [
      await initialToken({ expiresAt: now }),
      await initialToken({ issuer: 'https://other.example.com' }),
      `${header}.${forged}.${signature}`,
      `${none}.${forged}.`,
      revoked,
    ]) {
      const { status, json, challenge } = await call('POST', '/clients', token, { redirect_uris });
      expect([status, json['error']]).toStrictEqual([401, 'invalid_token']);
      expect(challenge).toContain('error="invalid_token"');
    }
    expect((await call('POST', '/clients', good, { redirect_uris })).status).toBe(201);
  });

  test('with the scope of a grant does not give another', async () => {
    const token = await initialToken({ scope: ['client-reg', 'client-reg:set-id'] });
    expect((await call('POST', '/clients', token, { grant_types: ['client_credentials'] })).status).toBe(400);
    const id = `mine-${provider.clock.now()}`;
    const { status, json } = await call('POST', '/clients', token, { redirect_uris, preferred_client_id: id });
    expect([status, json['client_id']]).toStrictEqual([201, id]);
  });
});

describe('the registration access token', () => {
  test('opens its own client only, and no list', async () => {
    const mine = await register();
    const other = await register();
    for (const method of ['GET', 'DELETE']) {
      expect((await call(method, `/clients/${other.id}`, mine.token)).status).toBe(401);
    }
    const body = { client_id: other.id, redirect_uris };
    expect((await call('PUT', `/clients/${other.id}`, mine.token, body)).status).toBe(401);
    expect((await call('PUT', `/clients/${mine.id}`, mine.token, body)).status).toBe(400);
    expect((await call('GET', '/clients', mine.token)).status).toBe(401);
    expect((await call('POST', '/clients', mine.token, { redirect_uris })).status).toBe(401);
  });

  test('is void once replaced, and with the client', async () => {
    const { id, token } = await register();
    const updated = await call('PUT', `/clients/${id}`, token, { client_id: id, redirect_uris });
    expect(updated.status).toBe(200);
    expect((await call('GET', `/clients/${id}`, token)).status).toBe(401);
    const next = String(updated.json['registration_access_token']);
    expect((await call('DELETE', `/clients/${id}`, next)).status).toBe(204);
    expect((await call('GET', `/clients/${id}`, next)).status).toBe(401);
    expect((await call('GET', `/clients/${id}`, master)).status).toBe(404);
  });

  test('cannot be the client secret, its hash, or empty', async () => {
    const { id, json } = await register();
    const stored = await provider.stores.clients.get(id);
    for (const token of [String(json['client_secret']), String(stored?.registration_token_hash), '', ' ']) {
      expect((await call('GET', `/clients/${id}`, token)).status).toBe(401);
    }
  });

  test('does not win a race for the client that is being removed', async () => {
    const { id, token } = await register();
    const body = { client_id: id, redirect_uris };
    const [removed, updated] = await Promise.all([
      call('DELETE', `/clients/${id}`, token),
      call('PUT', `/clients/${id}`, token, body),
    ]);
    expect([200, 401, 404]).toContain(updated.status);
    expect([204, 401]).toContain(removed.status);
    expect((await provider.stores.clients.get(id)) === undefined).toBe(removed.status === 204);
  });
});

describe('client IDs in the path', () => {
  test('may be URLs', async () => {
    const preferred_client_id = 'https://rp.example.org/a?b=c';
    const { json, token } = await register({ preferred_client_id });
    const path = new URL(String(json['registration_client_uri'])).pathname;
    const { status, json: read } = await call('GET', path, token);
    expect([status, read['client_id']]).toStrictEqual([200, preferred_client_id]);
    expect((await call('DELETE', path, token)).status).toBe(204);
  });

  test.each([
    '/clients/%00',
    '/clients/%ff',
    '/clients/%',
    '/clients/..%2f',
    `/clients/${'a'.repeat(5000)}`,
    '/clients/%F0%9F%98%80',
  ])('%s is nobody, and never a fault of the server', async (path) => {
    for (const method of ['GET', 'DELETE']) {
      const { status } = await call(method, path, master);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
  });
});

describe('bad bodies', () => {
  const deep = '['.repeat(100_000);
  test.each<[string, unknown]>([
    ['no body', undefined],
    ['an empty one', ' '],
    ['null', 'null'],
    ['an unfinished one', '{"redirect_uris":['],
    ['a deep one', `{"data":${deep}`],
    ['a large one', JSON.stringify({ redirect_uris, client_name: 'a'.repeat(250_000) })],
    ['a larger one', JSON.stringify({ redirect_uris, client_name: 'a'.repeat(2_000_000) })],
    [
      'a repeated member that ends wrong',
      '{"redirect_uris":["https://a.example/"],"redirect_uris":["http://a.example/"]}',
    ],
    ['NUL in data', JSON.stringify({ redirect_uris, data: { '\u0000': 1 } })],
    ['an unpaired surrogate', '{"redirect_uris":["https://a.example/"],"client_name":"\\ud800"}'],
  ])('%s is 400', async (_what, body) => {
    const { status, json } = await call('POST', '/clients', master, body);
    expect([400, 413]).toContain(status);
    expect(json['error']).toMatch(/^invalid_/);
    expect(json['error_description']).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  });

  test('a header split does not reach the answer', async () => {
    const raw = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(server.issuer).port), '127.0.0.1');
      let text = '';
      socket.on('data', (data) => {
        text += data.toString();
      });
      socket.on('close', () => resolve(text));
      socket.end('GET /clients/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a"\\\tb\r\nConnection: close\r\n\r\n');
    });
    expect(raw).toMatch(/^HTTP\/1\.1 401 /);
    expect(raw.match(/www-authenticate/gi)).toHaveLength(1);
    expect(raw).not.toContain('a"\\');
  });
});
