import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import { basic, type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { memoryInUse } from '../support/memory-in-use.ts';

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register(versatile);
});
afterAll(() => server.close());

const json = { Authorization: `Bearer ${demoApiToken}`, 'Content-Type': 'application/json' };

/** Each with a number in it, so that whatever is kept is kept for each. */
function badRequests(n: number): readonly (readonly [string, RequestInit])[] {
  const post = (body: string | URLSearchParams, headers: Record<string, string>): RequestInit => {
    return { method: 'POST', body, headers };
  };
  const junk = `${n}-${'x'.repeat(2000)}`;
  return [
    ['/token', post(new URLSearchParams({ grant_type: junk }), client.basic)],
    ['/token', post(new URLSearchParams({ grant_type: 'client_credentials' }), basic({ id: junk, secret: junk }))],
    ['/token', post(new URLSearchParams({ grant_type: 'authorization_code', code: junk }), client.basic)],
    ['/token', post(new URLSearchParams({ grant_type: 'refresh_token', refresh_token: junk }), client.basic)],
    ['/token/introspect', post(new URLSearchParams({ token: junk }), client.basic)],
    ['/token/revoke', post(new URLSearchParams({ token: junk }), client.basic)],
    ['/userinfo', { headers: { Authorization: `Bearer ${junk}` } }],
    ['/clients', post(JSON.stringify({ redirect_uris: [junk] }), json)],
    [`/clients/${junk}`, { headers: json }],
    ['/authz-sessions/rest/v3', post(JSON.stringify({ query: `client_id=${junk}`, sub_sid: junk }), json)],
    [`/authz-sessions/rest/v3/${junk}`, { headers: json }],
    ['/session-store/rest/v2/sessions', { headers: { ...json, SID: junk } }],
    [`/${junk}`, { headers: { Origin: `https://${n}.example` } }],
    ['/jwks.json', { headers: { Origin: `https://${n}.example`, 'If-None-Match': `"${junk}"` } }],
  ];
}

async function flood(rounds: number, from: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const calls = badRequests(from + round).map(async ([path, init]) => {
      return (await server.send(path, init)).status;
    });
    for (const status of await Promise.all(calls)) expect(status).toBeLessThan(500);
  }
}

test('a hundred kilobytes of parameters that nobody has named are not kept with a session', async () => {
  const open = async (count: number) => {
    for (let n = 0; n < count; n++) {
      const padding = Array.from({ length: 50 }, (_, i) => [`p${i}`, `${n}-${'x'.repeat(2000)}`]);
      const query = new URLSearchParams([...Object.entries(client.query()), ...padding]).toString();
      const started = await server.call('POST', '/authz-sessions/rest/v3', { query });
      expect(started.body['type']).toBe('auth');
    }
  };
  await open(20);
  const before = memoryInUse();
  await open(100);
  expect(memoryInUse() - before).toBeLessThan(3_000_000);
});

test('memory stays bounded under thousands of bad requests', async () => {
  await flood(60, 0);
  const before = memoryInUse();
  await flood(300, 1000);
  // 4200 requests of two kilobytes and more each: kept, they would be far above this.
  expect(memoryInUse() - before).toBeLessThan(3_000_000);
});
