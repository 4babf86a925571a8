import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import {
  type AttackClient,
  authorizationRequest,
  authorize,
  basic,
  isActive,
  login,
  postForm,
  redeem,
  refresh,
  registerClient,
  verdict,
} from './attack-kit.ts';

let server: TestServer;
let owner: AttackClient;
let thief: AttackClient;
let app: AttackClient;

beforeAll(async () => {
  server = await startTestServer();
  owner = await registerClient(server);
  thief = await registerClient(server);
  app = await registerClient(server, {
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  });
});
afterAll(() => server.close());

describe.each(['SELF_CONTAINED', 'IDENTIFIER'])('a %s access token', (encoding) => {
  const consent = { access_token: { encoding } };

  test('is not revoked by another client, confidential or public', async () => {
    const tokens = await login(server, owner, { sub: `owner-${encoding}`, consent });
    for (const token of [tokens.access, tokens.refresh]) {
      expect((await postForm(server, '/token/revoke', { token }, basic(thief))).status).toBe(200);
      expect((await postForm(server, '/token/revoke', { token, client_id: app.id })).status).toBe(200);
    }
    expect(await isActive(server, owner, tokens.access)).toBe(true);
    expect((await refresh(server, owner, tokens.refresh)).status).toBe(200);
  });

  test('is void after its own client has revoked it', async () => {
    const tokens = await login(server, owner, { sub: `own-${encoding}`, consent });
    const other = await login(server, thief, { sub: `own-${encoding}`, consent });
    await postForm(server, '/token/revoke', { token: tokens.access }, basic(owner));
    expect(await isActive(server, owner, tokens.access)).toBe(false);
    expect(await isActive(server, owner, other.access)).toBe(true);
  });
});

test('a revoked, foreign or expired token looks the same to a client that asks', async () => {
  const tokens = await login(server, owner, { sub: 'asked' });
  await postForm(server, '/token/revoke', { token: tokens.access }, basic(owner));
  const answers = await Promise.all(
    [tokens.access, 'rubbish', 'ey.ey.x', `${'A'.repeat(22)}.${'A'.repeat(22)}`, tokens.id, tokens.refresh].map(
      async (token) => (await postForm(server, '/token/introspect', { token }, basic(thief))).text,
    ),
  );
  expect(new Set(answers)).toEqual(new Set(['{"active":false}']));
});

test('a public client may not introspect, nor one without the grant', async () => {
  const tokens = await login(server, owner);
  const answer = await postForm(server, '/token/introspect', { token: tokens.access, client_id: app.id });
  expect(verdict(answer)).toEqual([401, 'invalid_client']);
  const plain = await registerClient(server, { grant_types: ['authorization_code'] });
  const refused = await postForm(server, '/token/introspect', { token: tokens.access }, basic(plain));
  expect(verdict(refused)).toEqual([401, 'invalid_client']);
  // The token of a user is no licence to ask about others.
  const bearer = { Authorization: `Bearer ${tokens.access}` };
  const byToken = await postForm(server, '/token/introspect', { token: tokens.access }, bearer);
  expect(verdict(byToken)).toEqual([403, 'insufficient_scope']);
});

test('a confidential client cannot pass as a public one, nor the other way round', async () => {
  const { code } = await authorize(server, owner);
  expect(verdict(await redeem(server, { ...owner, secret: '' }, code))).toEqual([401, 'invalid_client']);
  expect((await redeem(server, owner, code)).status).toBe(200);

  const { code: next } = await authorize(server, app);
  const form = { grant_type: 'authorization_code', code: next, redirect_uri: app.redirectUri };
  const asConfidential = await postForm(server, '/token', form, basic({ id: app.id, secret: 'x' }));
  expect(verdict(asConfidential)).toEqual([401, 'invalid_client']);
  expect((await redeem(server, app, next)).status).toBe(200);
});

test('a client keeps to the method that it has registered', async () => {
  const poster = await registerClient(server, { token_endpoint_auth_method: 'client_secret_post' });
  const form = { grant_type: 'client_credentials' };
  expect(verdict(await postForm(server, '/token', form, basic(poster)))).toEqual([401, 'invalid_client']);
  const posted = { ...form, client_id: poster.id, client_secret: poster.secret };
  expect((await postForm(server, '/token', posted)).status).toBe(200);
  const wrongly = { ...form, client_id: owner.id, client_secret: owner.secret };
  expect(verdict(await postForm(server, '/token', wrongly))).toEqual([401, 'invalid_client']);
});

test('a client uses no grant and no scope that it has not registered', async () => {
  const narrow = await registerClient(server, { grant_types: ['authorization_code'], scope: 'openid read' });
  const { code } = await authorize(server, narrow, { scope: 'openid read write admin' });
  const answer = await redeem(server, narrow, code);
  expect([answer.status, answer.json['scope'], answer.json['refresh_token']]).toEqual([200, 'openid read', undefined]);
  for (const grant_type of ['client_credentials', 'refresh_token']) {
    const form = { grant_type, refresh_token: 'x' };
    expect(verdict(await postForm(server, '/token', form, basic(narrow)))).toEqual([400, 'unauthorized_client']);
  }
  for (const grant_type of ['password', 'implicit', '__proto__', 'urn:ietf:params:oauth:grant-type:jwt-bearer']) {
    const form = { grant_type, username: 'alice', password: 'secret' };
    expect(verdict(await postForm(server, '/token', form, basic(owner)))).toEqual([400, 'unsupported_grant_type']);
  }
  const wide = await postForm(server, '/token', { grant_type: 'client_credentials', scope: 'admin' }, basic(owner));
  expect(verdict(wide)).toEqual([400, 'invalid_scope']);
  const service = await registerClient(server, { grant_types: ['client_credentials'], response_types: [] });
  const query = new URLSearchParams(authorizationRequest(service)).toString();
  const message = await server.json('POST', '/authz-sessions/rest/v3', { query });
  expect(JSON.stringify(message)).toContain('error=unauthorized_client');
});

test('remembered consent for one client is none for another', async () => {
  const { subSid } = await authorize(server, owner, {}, { sub: 'careful' });
  const ask = async (who: AttackClient) => {
    const query = new URLSearchParams(authorizationRequest(who, { prompt: 'none' })).toString();
    return JSON.stringify(await server.json('POST', '/authz-sessions/rest/v3', { query, sub_sid: subSid }));
  };
  expect(await ask(owner)).toContain('code=');
  expect(await ask(thief)).toContain('error=consent_required');
});

test('removing a client ends its tokens of both encodings at once', async () => {
  const doomed = await registerClient(server);
  const one = await login(server, doomed, { sub: 'one' });
  const two = await login(server, doomed, { sub: 'two', consent: { access_token: { encoding: 'IDENTIFIER' } } });
  const { code } = await authorize(server, doomed, {}, { sub: 'three' });
  expect((await server.api('DELETE', `/clients/${doomed.id}`)).status).toBe(204);
  for (const token of [one.access, two.access]) expect(await isActive(server, owner, token)).toBe(false);
  expect(verdict(await refresh(server, doomed, one.refresh))).toEqual([401, 'invalid_client']);
  expect(verdict(await redeem(server, doomed, code))).toEqual([401, 'invalid_client']);
});
