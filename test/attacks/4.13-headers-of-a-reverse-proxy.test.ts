import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { converse, httpRequest } from '../bad-input/wire.ts';

/**
 * RFC 9700, section 4.13: a proxy that terminates TLS says by headers who is there and how they came, and does not remove the same headers
 * where an attacker sends them. Nothing here believes such a header.
 */

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register(versatile);
});
afterAll(() => server.close());

const evil = 'evil.example';
const claims: readonly (readonly [name: string, value: string])[] = [
  ['X-Forwarded-Host', evil],
  ['X-Forwarded-Proto', 'https'],
  ['X-Forwarded-Prefix', '/evil'],
  ['X-Forwarded-For', '127.0.0.1'],
  ['Forwarded', `for=127.0.0.1;host=${evil};proto=https`],
  ['X-Host', evil],
  ['X-Original-URL', '/clients'],
  ['X-Rewrite-URL', '/clients'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['Tenant-ID', 'evil'],
];

describe.each(claims)('%s: %s', (name, value) => {
  test('changes nothing of what the server says of itself', async () => {
    const path = '/.well-known/openid-configuration';
    const [plain, claimed] = [await server.send(path), await server.send(path, { headers: { [name]: value } })];
    expect([claimed.status, claimed.text]).toEqual([200, plain.text]);
  });

  test('opens no door, and leads to no other', async () => {
    for (const path of ['/clients', '/monitor/v1/metrics', '/session-store/rest/v2/sessions']) {
      expect(verdict(await server.send(path, { headers: { [name]: value } }))).toEqual([401, 'missing_token']);
    }
    const headers = { Authorization: `Bearer ${demoApiToken}`, [name]: value };
    expect((await server.send(`/clients/${client.id}`, { headers })).body['client_id']).toBe(client.id);
    expect((await server.send('/none', { headers })).status).toBe(404);
  });
});

test('the host that a request names is no part of any answer', async () => {
  for (const target of ['/.well-known/openid-configuration', `http://${evil}/.well-known/openid-configuration`]) {
    const { responses } = await converse(server, httpRequest('GET', target, { Host: evil }));
    expect(responses[0]?.status).toBe(200);
    expect(responses[0]?.body).toContain(server.issuer);
    expect(responses[0]?.body).not.toContain(evil);
  }
});

test('an Issuer header, by which a proxy says whom a request is for, opens nothing: of another issuer it is refused', async () => {
  for (const issuer of ['https://evil.example', `${server.issuer}/`, '']) {
    expect(verdict(await server.send('/jwks.json', { headers: { Issuer: issuer } }))).toEqual([400, 'invalid_request']);
  }
  const asked = await server.send('/clients', { headers: { Issuer: server.issuer } });
  expect(verdict(asked)).toEqual([401, 'missing_token']);
});

test.each([
  'Client-Cert',
  'X-SSL-Client-Cert',
  'X-Client-Cert',
  'X-SSL-Client-S-DN',
  'X-SSL-Client-Verify',
  'Remote-User',
])('%s authenticates no client, and binds no token', async (name) => {
  const headers = { [name]: name === 'X-SSL-Client-Verify' ? 'SUCCESS' : `CN=${client.id}` };
  const form = { grant_type: 'client_credentials', client_id: client.id };
  expect(verdict(await server.post('/token', form, headers))).toEqual([401, 'invalid_client']);
  const answer = await server.post('/token', { grant_type: 'client_credentials' }, { ...client.basic, ...headers });
  const introspected = await client.introspect(String(answer.body['access_token']));
  expect(introspected.body).toMatchObject({ active: true });
  expect(introspected.body).not.toHaveProperty('cnf');
});
