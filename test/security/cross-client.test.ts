import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let owner: TestClient;
let thief: TestClient;
let app: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.register(versatile);
  thief = await server.register(versatile);
  app = await server.register({
    ...versatile,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  });
});
afterAll(() => server.close());

describe.each(['SELF_CONTAINED', 'IDENTIFIER'])('a %s access token', (encoding) => {
  const consent = { access_token: { encoding } };

  test('is not revoked by another client, confidential or public', async () => {
    const tokens = await owner.tokens({}, { sub: `owner-${encoding}`, consent });
    for (const token of [tokens.access, tokens.refresh]) {
      expect((await thief.revoke(token)).status).toBe(200);
      expect((await server.post('/token/revoke', { token, client_id: app.id })).status).toBe(200);
    }
    expect(await owner.isActive(tokens.access)).toBe(true);
    expect((await owner.refresh(tokens.refresh)).status).toBe(200);
  });

  test('is void after its own client has revoked it', async () => {
    const tokens = await owner.tokens({}, { sub: `own-${encoding}`, consent });
    const other = await thief.tokens({}, { sub: `own-${encoding}`, consent });
    await owner.revoke(tokens.access);
    expect(await owner.isActive(tokens.access)).toBe(false);
    expect(await owner.isActive(other.access)).toBe(true);
  });
});

test('a revoked, foreign or expired token looks the same to a client that asks', async () => {
  const tokens = await owner.tokens({}, { sub: 'asked' });
  await owner.revoke(tokens.access);
  const answers = await Promise.all(
    [tokens.access, 'rubbish', 'ey.ey.x', `${'A'.repeat(22)}.${'A'.repeat(22)}`, tokens.id, tokens.refresh].map(
      async (token) => (await thief.introspect(token)).text,
    ),
  );
  expect(new Set(answers)).toEqual(new Set(['{"active":false}']));
});

test('a public client may not introspect, nor one without the grant', async () => {
  const tokens = await owner.tokens();
  const answer = await server.post('/token/introspect', { token: tokens.access, client_id: app.id });
  expect(verdict(answer)).toEqual([401, 'invalid_client']);
  const plain = await server.register({ ...versatile, grant_types: ['authorization_code'] });
  const refused = await plain.introspect(tokens.access);
  expect(verdict(refused)).toEqual([403, 'access_denied']);
  expect(refused.body).not.toHaveProperty('active');
  // The token of a user is no licence to ask about others.
  const bearer = { Authorization: `Bearer ${tokens.access}` };
  const byToken = await server.post('/token/introspect', { token: tokens.access }, bearer);
  expect(verdict(byToken)).toEqual([403, 'insufficient_scope']);
});

test('a confidential client cannot pass as a public one, nor the other way round', async () => {
  const { code } = await owner.authorize();
  expect(verdict(await owner.with({ secret: '' }).redeem(code))).toEqual([401, 'invalid_client']);
  expect((await owner.redeem(code)).status).toBe(200);

  const { code: next } = await app.authorize();
  const form = { grant_type: 'authorization_code', code: next, redirect_uri: app.redirectUri };
  const asConfidential = await server.post('/token', form, app.with({ secret: 'x' }).basic);
  expect(verdict(asConfidential)).toEqual([401, 'invalid_client']);
  expect((await app.redeem(next)).status).toBe(200);
});

test('a client keeps to the method that it has registered', async () => {
  const poster = await server.register({ ...versatile, token_endpoint_auth_method: 'client_secret_post' });
  const form = { grant_type: 'client_credentials' };
  expect(verdict(await server.post('/token', form, poster.basic))).toEqual([401, 'invalid_client']);
  const posted = { ...form, client_id: poster.id, client_secret: poster.secret };
  expect((await server.post('/token', posted)).status).toBe(200);
  const wrongly = { ...form, client_id: owner.id, client_secret: owner.secret };
  expect(verdict(await server.post('/token', wrongly))).toEqual([401, 'invalid_client']);
});

test('a client uses no grant and no scope that it has not registered', async () => {
  const narrow = await server.register({ ...versatile, grant_types: ['authorization_code'], scope: 'openid read' });
  const { code } = await narrow.authorize({ scope: 'openid read write admin' });
  const answer = await narrow.redeem(code);
  expect([answer.status, answer.body['scope'], answer.body['refresh_token']]).toEqual([200, 'openid read', undefined]);
  for (const grant_type of ['client_credentials', 'refresh_token']) {
    const form = { grant_type, refresh_token: 'x' };
    expect(verdict(await server.post('/token', form, narrow.basic))).toEqual([400, 'unauthorized_client']);
  }
  for (const grant_type of ['password', 'implicit', '__proto__', 'urn:ietf:params:oauth:grant-type:jwt-bearer']) {
    const form = { grant_type, username: 'alice', password: 'secret' };
    expect(verdict(await server.post('/token', form, owner.basic))).toEqual([400, 'unsupported_grant_type']);
  }
  const wide = await server.post('/token', { grant_type: 'client_credentials', scope: 'admin' }, owner.basic);
  expect(verdict(wide)).toEqual([400, 'invalid_scope']);
  const service = await server.register({ ...versatile, grant_types: ['client_credentials'], response_types: [] });
  const query = new URLSearchParams(service.query()).toString();
  const message = (await server.call('POST', '/authz-sessions/rest/v3', { query })).body;
  expect(JSON.stringify(message)).toContain('error=unauthorized_client');
});

test('remembered consent for one client is none for another', async () => {
  const { subSid } = await owner.authorize({}, { sub: 'careful' });
  const ask = async (who: TestClient) => {
    const query = new URLSearchParams(who.query({ prompt: 'none' })).toString();
    return JSON.stringify((await server.call('POST', '/authz-sessions/rest/v3', { query, sub_sid: subSid })).body);
  };
  expect(await ask(owner)).toContain('code=');
  expect(await ask(thief)).toContain('error=consent_required');
});

test('removing a client ends its tokens of both encodings at once', async () => {
  const doomed = await server.register(versatile);
  const one = await doomed.tokens({}, { sub: 'one' });
  const two = await doomed.tokens({}, { sub: 'two', consent: { access_token: { encoding: 'IDENTIFIER' } } });
  const { code } = await doomed.authorize({}, { sub: 'three' });
  expect((await server.call('DELETE', `/clients/${doomed.id}`)).status).toBe(204);
  for (const token of [one.access, two.access]) expect(await owner.isActive(token)).toBe(false);
  expect(verdict(await doomed.refresh(one.refresh))).toEqual([401, 'invalid_client']);
  expect(verdict(await doomed.redeem(code))).toEqual([401, 'invalid_client']);
});
