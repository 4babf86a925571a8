import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from './captured-log.ts';

// What a refusal does not tell the client, the operator finds in one line: who, what, by which rule, and what governs it.

let server: TestServer;
let client: TestClient;
const captured = captureLog();

beforeAll(async () => {
  server = await startTestServer({ log: captured.log });
  client = await server.register({ grant_types: ['authorization_code', 'client_credentials'], scope: 'read' });
});
afterAll(() => server.close());
beforeEach(() => {
  captured.lines.length = 0;
});

/** The one line that has all of these. */
function expectLine(...parts: readonly string[]): void {
  const escaped = parts.map((part) => JSON.stringify(part).slice(1, -1));
  const found = captured.lines.filter((line) => escaped.every((part) => line.includes(part)));
  expect(found, captured.lines.join('\n')).toHaveLength(1);
}

const uri = 'https://rp.example/cb/';

test('of a redirect_uri that is not registered', async () => {
  await client.login({ redirect_uri: uri });
  expectLine(client.id, `redirect_uri "${uri}"`, '"https://rp.example/cb"', 'compared exactly', 'RFC 9700', '(web)');
});

test('of a redirect_uri of many, and of a wild one', async () => {
  const redirect_uris = Array.from({ length: 9 }, (_, i) => `https://rp.example/${i}`);
  const many = await server.register({ redirect_uris });
  await many.login({ redirect_uri: `https://user:password@evil.example/\u2028\r\n${'a'.repeat(5000)}` });
  expectLine(many.id, 'evil.example', 'and 4 more');
  expect(captured.lines.join('')).not.toMatch(/user:password|\u2028/);
  expect(Math.max(...captured.lines.map((line) => line.length))).toBeLessThan(2000);
});

test('of a redirect_uri that is missing', async () => {
  await client.login({ redirect_uri: undefined, scope: 'openid' });
  expectLine(client.id, 'no redirect_uri', 'scope openid', 'op.authz.alwaysRequireRedirectURI (false)');
});

test('of a client that is not registered, and of parameters that repeat', async () => {
  await server.page.login(new URLSearchParams(client.query({ client_id: 'nobody', redirect_uri: uri })).toString());
  expectLine('client_id "nobody"', `redirect_uri "${uri}"`, 'not registered');
  captured.lines.length = 0;
  await server.page.login(`${new URLSearchParams(client.query())}&redirect_uri=x`);
  expectLine(`client_id "${client.id}"`, 'redirect_uri is there more than once');
});

test('of a redirect_uri at the token endpoint that differs, or is missing', async () => {
  const { code } = await client.authorize();
  await client.redeem(code, { redirect_uri: uri });
  expectLine(client.id, `redirect_uri "${uri}"`, `expected "${client.redirectUri}"`, 'RFC 6749, section 4.1.3');
});

test('of redirection and logout URIs at the registration', async () => {
  await server.call('POST', '/clients', { redirect_uris: ['http://rp.example/cb'] });
  expectLine('"http://rp.example/cb" of a web client', 'expected an https URI', 'op.reg.rejectNonTLSRedirectionURIs');
  captured.lines.length = 0;
  const body = { client_id: client.id, redirect_uris: [client.redirectUri] };
  const change = { ...body, post_logout_redirect_uris: ['myapp:/bye'] };
  await server.call('PUT', `/clients/${client.id}`, change);
  expectLine(client.id, 'post_logout_redirect_uris', '"myapp:/bye"', 'a dot', 'op.reg.allowedCustomURISchemes');
  captured.lines.length = 0;
  await server.call('PUT', `/clients/${client.id}`, { ...body, jwks_uri: 'https://169.254.169.254/' });
  expectLine(client.id, 'jwks_uri', '169.254.169.254', 'op.reg.resourceRetriever.denyPrivateAddresses');
  captured.lines.length = 0;
  const own = server.bearing(client.registrationToken);
  await own.call('PUT', `/clients/${client.id}`, { ...body, scope: 'read admin' });
  expectLine(client.id, 'scope', 'not widened', 'op.reg.apiAccessTokenSHA256');
});

test('of a token that does not open the registration', async () => {
  await server.bearing('guess').call('GET', `/clients/${client.id}`);
  expectLine('OP9503', client.id, 'neither a master token nor the registration access token of the client');
});

test('of client authentication', async () => {
  const form = { grant_type: 'client_credentials', client_id: client.id };
  await server.post('/token', { ...form, client_secret: client.secret });
  expectLine(
    client.id,
    'client_secret_post',
    'client_secret_basic is registered (token_endpoint_auth_method)',
    'op.token.allowEitherSecretMethod is false',
  );
  captured.lines.length = 0;
  await client.with({ secret: 'wrong' }).token({ grant_type: 'client_credentials' });
  expectLine(client.id, 'wrong client secret', 'client_secret_basic');
  captured.lines.length = 0;
  await server.post('/token', form);
  expectLine(client.id, 'method none', 'client_secret_basic is registered');
  captured.lines.length = 0;
  await server.post('/token', { ...form, client_secret: client.secret }, client.basic);
  expectLine('client_secret_basic and client_secret_post', 'exactly one');
});
