import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { text } from '../../src/testing/caller/values.ts';
import { people } from '../../src/testing/people.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let pruning: TestServer;
let showing: TestServer;
beforeAll(async () => {
  pruning = await startTestServer({ claimsSources: [people] });
  showing = await startTestServer({ properties: { 'op.token.introspection.pruneAudience': 'false' } });
});
afterAll(() => Promise.all([pruning.close(), showing.close()]));

const resourceServer = (at: TestServer) =>
  at.register({ grant_types: ['client_credentials'], scope: 'urn:c2id:introspection_endpoint' });

async function tokenFor(at: TestServer, audience: readonly string[], party?: TestClient): Promise<string> {
  const issued = party ?? (await at.register());
  const { body: tokens } = await issued.tokens({ prompt: 'consent' }, { consent: { audience } });
  return text(tokens['access_token']);
}

/** Introspection by a bearer token of the resource server. */
async function byBearer(at: TestServer, caller: TestClient, token: string) {
  const { body } = await caller.post('/token', { grant_type: 'client_credentials' });
  const response = await at.send('/token/introspect', {
    method: 'POST',
    headers: { Authorization: `Bearer ${text(body['access_token'])}` },
    body: new URLSearchParams({ token }),
  });
  return response;
}

describe('the audience', () => {
  const api = 'https://api.example/';
  const other = 'https://other.example/';
  /** Token audience, where `CALLER` stands for the client that asks; then what it sees pruned, and what complete. */
  const cases: readonly [readonly string[], readonly string[] | undefined, readonly string[] | undefined][] = [
    [[], undefined, undefined],
    [[api, 'CALLER', other], ['CALLER'], [api, 'CALLER', other]],
    [['CALLER'], ['CALLER'], ['CALLER']],
    [[api], [api], [api]],
    [[api, other], undefined, [api, other]],
  ];

  test.each(cases)('%j', async (audience, pruned, complete) => {
    for (const [at, expected] of [
      [pruning, pruned],
      [showing, complete],
    ] as const) {
      const caller = await resourceServer(at);
      const named = (list: readonly string[]) => list.map((value) => (value === 'CALLER' ? caller.id : value));
      const token = await tokenFor(at, named(audience));
      const replies = [await caller.post('/token/introspect', { token }), await byBearer(at, caller, token)];
      for (const { status, body } of replies) {
        expect(status).toBe(200);
        expect(body['active']).toBe(true);
        expect(body['aud']).toEqual(expected && named(expected));
      }
    }
  });
});

test('has the members of the reference', async () => {
  const caller = await resourceServer(pruning);
  const party = await pruning.register();
  const { body: tokens } = await party.tokens(
    { scope: 'openid email', claims_locales: 'bg' },
    { consent: { claims_data: { a: 1 }, preset_claims: { userinfo: { b: 2 } }, data: { c: 3 } } },
  );
  const now = pruning.clock.now();
  const reply = await caller.post('/token/introspect', { token: text(tokens['access_token']) });
  expect(reply.headers.get('content-type')).toMatch(/^application\/json/);
  expect(reply.headers.get('cache-control')).toContain('no-store');
  expect(reply.body).toEqual({
    active: true,
    iss: pruning.issuer,
    sub: 'alice',
    client_id: party.id,
    scope: 'openid email',
    token_type: 'Bearer',
    iat: now,
    exp: now + 600,
    jti: expect.any(String),
    clm: ['email', 'email_verified'],
    cll: ['bg'],
    cld: { a: 1 },
    uip: { b: 2 },
    dat: { c: 3 },
  });
});

test('tells how the subject was authenticated, where the token does (RFC 9470)', async () => {
  const properties = { 'authzStore.accessToken.codec.jwt.profile': 'oauth-1.0' };
  const at = await startTestServer({ properties });
  try {
    const party = await at.register();
    const authentication = { acr: 'gold', amr: ['pwd', 'otp'] };
    const { access: token } = await party.tokens({}, { authentication });
    const caller = await resourceServer(at);
    const { body } = await caller.post('/token/introspect', { token: text(token) });
    expect(body).toMatchObject({ active: true, auth_time: at.clock.now(), ...authentication });
  } finally {
    await at.close();
  }
});

describe('who may ask', () => {
  test('a client registered for client_credentials, also where the grant itself is not offered', async () => {
    const at = await startTestServer({
      properties: { 'op.grantHandler.clientCredentials.simpleHandler.enable': 'false' },
    });
    try {
      const caller = await at.register({ grant_types: ['client_credentials'], response_types: [] });
      expect((await caller.post('/token/introspect', { token: 'x' })).body).toEqual({ active: false });
      const { status, body } = await caller.post('/token', { grant_type: 'client_credentials' });
      expect([status, body['error']]).toEqual([400, 'unsupported_grant_type']);
    } finally {
      await at.close();
    }
  });

  test('not a public client, which has not authenticated', async () => {
    const party = await pruning.register({ token_endpoint_auth_method: 'none' });
    const { status, body, headers } = await party.post('/token/introspect', { token: 'x' });
    expect(status).toBe(401);
    expect(body).toMatchObject({ error: 'invalid_client', client_auth_id: expect.stringMatching(/^[\w-]{16}$/) });
    expect(headers.get('www-authenticate')).toBe('Basic realm="OAuth", charset="UTF-8"');
  });

  test('not one without client_credentials, which has: it is told that it may not, and why', async () => {
    const methods = ['client_secret_basic', 'client_secret_post'];
    for (const token_endpoint_auth_method of methods) {
      const party = await pruning.register({ grant_types: ['authorization_code'], token_endpoint_auth_method });
      const { status, body, headers } = await party.post('/token/introspect', { token: 'x' });
      expect(status).toBe(403);
      expect(body).toEqual({
        error: 'access_denied',
        error_description: expect.stringMatching(/may not introspect.*client_credentials/),
      });
      // No other credentials would help.
      expect(headers.get('www-authenticate')).toBeNull();
      // Who only claims to be that client hears nothing of the kind.
      const guessed = await party.with({ secret: 'wrong' }).post('/token/introspect', { token: 'x' });
      expect([guessed.status, guessed.body['error']]).toEqual([401, 'invalid_client']);
    }
  });

  test('not a bearer token without the scope', async () => {
    const party = await pruning.register({ grant_types: ['client_credentials'], scope: 'read' });
    const reply = await byBearer(pruning, party, 'x');
    expect(reply.status).toBe(403);
    expect(reply.headers.get('www-authenticate')).toMatch(
      /^Bearer realm="OAuth", error="insufficient_scope", error_description="[^"]+", scope="urn:c2id:introspection_endpoint"$/,
    );
  });

  test('a bearer token whose scope is the URL of the endpoint', async () => {
    const endpoint = `${pruning.issuer}/token/introspect`;
    const caller = await pruning.register({ grant_types: ['client_credentials'], scope: endpoint });
    expect((await byBearer(pruning, caller, 'rubbish')).body).toEqual({ active: false });
  });
});

describe('what is not an active access token', () => {
  test('refresh tokens, ID tokens, rubbish, and expired tokens', async () => {
    const caller = await resourceServer(pruning);
    const party = await pruning.register();
    const { body: long } = await party.tokens();
    const { body: transient } = await party.tokens({ prompt: 'consent' }, { consent: { long_lived: false } });
    for (const token of [
      text(long['refresh_token']),
      text(transient['refresh_token']),
      text(long['id_token']),
      'rubbish',
      '..',
      `${text(long['access_token'])}x`,
    ]) {
      const { status, body } = await caller.post('/token/introspect', { token });
      expect([status, body]).toEqual([200, { active: false }]);
    }
    pruning.clock.advance(600);
    const expired = await caller.post('/token/introspect', { token: text(long['access_token']) });
    expect(expired.body).toEqual({ active: false });
  });

  test('a blank token is a mistake', async () => {
    const caller = await resourceServer(pruning);
    for (const form of [{ token: '' }, {}]) {
      expect(await caller.post('/token/introspect', form)).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      });
    }
  });
});
