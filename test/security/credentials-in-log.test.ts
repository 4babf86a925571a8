import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { pkce } from '../../src/testing/caller/pkce.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from './captured-log.ts';

let server: TestServer;
const captured = captureLog();
const secrets = new Map<string, string>();

beforeAll(async () => {
  server = await startTestServer({ log: captured.log });
});
afterAll(() => server.close());

const sessions = '/session-store/rest/v2/sessions';

/** Remembers what must never be read in a log. Of keyed identifiers the HMAC part is what makes them work. */
function secret(name: string, value: unknown): void {
  const text = String(value);
  expect(text.length, name).toBeGreaterThan(8);
  secrets.set(name, text);
  if (/^[\w-]{22}\.[\w-]{22}$/.test(text)) secrets.set(`HMAC of ${name}`, text.slice(23));
  if (text.startsWith('ey')) secrets.set(`signature of ${name}`, text.slice(text.lastIndexOf('.') + 1));
}

function secretsOf(name: string, client: TestClient): void {
  secret(`client secret of ${name}`, client.secret);
  secret(`registration token of ${name}`, client.registrationToken);
}

test('no credential is in any line of the log at DEBUG, whatever went well or wrong', async () => {
  const client = await server.register(versatile);
  const other = await server.register(versatile);
  secretsOf('client', client);
  secretsOf('other', other);
  secret('master token', demoApiToken);
  secret('verifier', pkce.verifier);

  for (const encoding of ['SELF_CONTAINED', 'IDENTIFIER']) {
    for (const long_lived of [true, false]) {
      const name = `${encoding} ${long_lived}`;
      const consent = { long_lived, access_token: { encoding }, refresh_token: { issue: true, rotate: true } };
      const challenge = { code_challenge: pkce.challenge, code_challenge_method: 'S256', prompt: 'consent' };
      const flow = await client.authorize(challenge, { consent, sub: name });
      secret(`code ${name}`, flow.code);
      secret(`session ${name}`, flow.subSid);
      const verifier = { code_verifier: pkce.verifier };
      const tokens = await client.redeem(flow.code, verifier);
      for (const [kind, token] of Object.entries({ access: tokens.access, refresh: tokens.refresh, id: tokens.id }))
        secret(`${kind} token ${name}`, token);
      await server.userInfo(tokens.access);
      await other.introspect(tokens.access);
      const next = await client.refresh(tokens.refresh);
      secret(`next refresh token ${name}`, next.refresh);
      secret(`next access token ${name}`, next.access);
      // And everything that goes wrong
      server.clock.advance(10);
      await other.refresh(next.refresh);
      await client.refresh(tokens.refresh);
      await client.redeem(flow.code, verifier);
      await other.redeem(flow.code, verifier);
      await client.revoke(next.refresh);
      await server.userInfo(tokens.id);
      await server.call('GET', sessions, undefined, { SID: String(flow.subSid) });
    }
  }
  await failuresWithCredentials(client, other);

  expect(captured.lines.length).toBeGreaterThan(50);
  const whole = captured.lines.join('');
  for (const [name, text] of secrets) expect(whole.includes(text), `the log has the ${name}`).toBe(false);
  expect(whole).not.toMatch(/eyJ[\w-]+\.[\w-]+\./);
  expect(captured.faults()).toEqual([]);
});

/** Credentials in places where they do not belong, as people paste them. */
async function failuresWithCredentials(client: TestClient, other: TestClient): Promise<void> {
  const tokens = await client.tokens({}, { sub: 'pasted' });
  for (const [kind, token] of Object.entries({ access: tokens.access, refresh: tokens.refresh, id: tokens.id }))
    secret(`pasted ${kind} token`, token);
  await server.post('/token', { grant_type: tokens.access, scope: tokens.refresh }, client.basic);
  await server.post('/token', { grant_type: 'client_credentials', scope: tokens.id }, client.basic);
  await server.post('/token', { grant_type: 'client_credentials' }, client.with({ secret: other.secret }).basic);
  await server.call('GET', `/clients/${client.id}?access_token=${demoApiToken}`);
  await server.call('PUT', `/clients/${client.id}`, { client_id: client.id, client_secret: other.secret });
  await server.call('GET', `/authz-sessions/rest/v3/${tokens.access}`);
  await server.call('GET', sessions, undefined, { SID: tokens.access });
  const query = new URLSearchParams({ client_id: client.id, id_token_hint: tokens.id, code: tokens.access }).toString();
  await server.call('POST', '/authz-sessions/rest/v3', { query, sub_sid: tokens.access });
  await server.call('GET', `/${tokens.access}`);
  const registration = { redirect_uris: [`https://rp.example/${tokens.access}`], client_name: other.secret };
  await server.call('POST', '/clients', registration, { Authorization: `Bearer ${tokens.access}` });
  const listed = await server.call('GET', '/clients');
  expect(listed.status).toBe(200);
  expect((await server.call('DELETE', `/clients/${other.id}`)).status).toBe(204);
}
