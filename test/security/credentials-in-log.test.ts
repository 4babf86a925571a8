import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import {
  type AttackClient,
  authorize,
  basic,
  login,
  pkce,
  postForm,
  redeem,
  refresh,
  registerClient,
  tokensIn,
  userInfo,
} from './attack-kit.ts';
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

function secretsOf(name: string, client: AttackClient): void {
  secret(`client secret of ${name}`, client.secret);
  secret(`registration token of ${name}`, client.registrationToken);
}

test('no credential is in any line of the log at DEBUG, whatever went well or wrong', async () => {
  const client = await registerClient(server);
  const other = await registerClient(server);
  secretsOf('client', client);
  secretsOf('other', other);
  secret('master token', demoApiToken);
  secret('verifier', pkce.verifier);

  for (const encoding of ['SELF_CONTAINED', 'IDENTIFIER']) {
    for (const long_lived of [true, false]) {
      const name = `${encoding} ${long_lived}`;
      const consent = { long_lived, access_token: { encoding }, refresh_token: { issue: true, rotate: true } };
      const challenge = { code_challenge: pkce.challenge, code_challenge_method: 'S256', prompt: 'consent' };
      const flow = await authorize(server, client, challenge, { consent, sub: name });
      secret(`code ${name}`, flow.code);
      secret(`session ${name}`, flow.subSid);
      const verifier = { code_verifier: pkce.verifier };
      const tokens = tokensIn(await redeem(server, client, flow.code, verifier));
      for (const [kind, token] of Object.entries(tokens)) secret(`${kind} token ${name}`, token);
      await userInfo(server, tokens.access);
      await postForm(server, '/token/introspect', { token: tokens.access }, basic(other));
      const next = tokensIn(await refresh(server, client, tokens.refresh));
      secret(`next refresh token ${name}`, next.refresh);
      secret(`next access token ${name}`, next.access);
      // And everything that goes wrong
      server.clock.advance(10);
      await refresh(server, other, next.refresh);
      await refresh(server, client, tokens.refresh);
      await redeem(server, client, flow.code, verifier);
      await redeem(server, other, flow.code, verifier);
      await postForm(server, '/token/revoke', { token: next.refresh }, basic(client));
      await userInfo(server, tokens.id);
      await server.api('GET', sessions, undefined, { SID: String(flow.subSid) });
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
async function failuresWithCredentials(client: AttackClient, other: AttackClient): Promise<void> {
  const tokens = await login(server, client, { sub: 'pasted' });
  for (const [kind, token] of Object.entries(tokens)) secret(`pasted ${kind} token`, token);
  await postForm(server, '/token', { grant_type: tokens.access, scope: tokens.refresh }, basic(client));
  await postForm(server, '/token', { grant_type: 'client_credentials', scope: tokens.id }, basic(client));
  await postForm(server, '/token', { grant_type: 'client_credentials' }, basic({ ...client, secret: other.secret }));
  await server.api('GET', `/clients/${client.id}?access_token=${demoApiToken}`);
  await server.api('PUT', `/clients/${client.id}`, { client_id: client.id, client_secret: other.secret });
  await server.api('GET', `/authz-sessions/rest/v3/${tokens.access}`);
  await server.api('GET', sessions, undefined, { SID: tokens.access });
  const query = new URLSearchParams({ client_id: client.id, id_token_hint: tokens.id, code: tokens.access }).toString();
  await server.api('POST', '/authz-sessions/rest/v3', { query, sub_sid: tokens.access });
  await server.api('GET', `/${tokens.access}`);
  const registration = { redirect_uris: [`https://rp.example/${tokens.access}`], client_name: other.secret };
  await server.api('POST', '/clients', registration, { Authorization: `Bearer ${tokens.access}` });
  const listed = await server.api('GET', '/clients');
  expect(listed.status).toBe(200);
  expect((await server.api('DELETE', `/clients/${other.id}`)).status).toBe(204);
}
