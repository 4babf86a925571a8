import { createPublicKey, verify } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimsOf, headerOf } from '../../src/testing/caller/jwt.ts';
import { object, text } from '../../src/testing/caller/values.ts';
import { people } from '../../src/testing/people.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ claimsSources: [people] });
});
afterAll(() => server.close());

async function withProperties(properties: Record<string, string>, run: (own: TestServer) => Promise<void>) {
  const own = await startTestServer({ claimsSources: [people], properties });
  try {
    await run(own);
  } finally {
    await own.close();
  }
}

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES256K', 'ES384', 'ES512', 'EdDSA'];

/** Verifies a JWT with the published keys, independently of the server's own code. */
async function verified(own: TestServer, jwt: string, alg: string): Promise<void> {
  if (alg !== 'ES256K') {
    const keys = createRemoteJWKSet(new URL(`${own.issuer}/jwks.json`));
    await jwtVerify(jwt, keys, { algorithms: [alg], issuer: own.issuer });
    return;
  }
  // WebCrypto, and so jose, has no secp256k1.
  const { keys } = object((await own.send('/jwks.json')).json);
  const jwk = Array.isArray(keys) ? keys.map(object).find(({ kid }) => kid === headerOf(jwt)['kid']) : undefined;
  const [header, payload, signature] = jwt.split('.');
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  const bytes = Buffer.from(text(signature), 'base64url');
  expect(verify('sha256', Buffer.from(`${header}.${payload}`), { key, dsaEncoding: 'ieee-p1363' }, bytes)).toBe(true);
}

describe.each(['c2id-1.0', 'c2id-1.1', 'oauth-1.0'])('profile %s', (profile) => {
  test.each(algorithms)('%s: the token verifies, and opens UserInfo and introspection', async (alg) => {
    const properties = {
      'authzStore.accessToken.codec.jwt.profile': profile,
      'authzStore.accessToken.jwsAlg': alg,
    };
    await withProperties(properties, async (own) => {
      const party = await own.register({
        grant_types: ['authorization_code', 'client_credentials'],
      });
      const { access: token } = await party.tokens({ scope: 'openid email' });
      const jwt = text(token);
      expect(headerOf(jwt)).toEqual({
        alg,
        kid: expect.any(String),
        ...(profile === 'c2id-1.0' ? {} : { typ: 'at+jwt' }),
      });
      await verified(own, jwt, alg);
      expect((await own.userInfo(jwt)).body).toMatchObject({ sub: 'alice', email: 'alice@wonderland.net' });
      const { body } = await party.post('/token/introspect', { token: jwt });
      expect(body).toMatchObject({ active: true, sub: 'alice', client_id: party.id, scope: 'openid email' });
    });
  });
});

describe('claims of a self-contained token', () => {
  const order = {
    scope: ['openid', 'email'],
    claims: ['email'],
    claims_data: { source: 'crm' },
    preset_claims: { userinfo: { nickname: 'Preset' } },
    audience: ['https://api.example/', 'https://other.example/'],
    data: { tenant: 7 },
    access_token: { lifetime: 123 },
  };
  const parameters = { scope: 'openid email', claims_locales: 'bg en' };

  test('of the house profiles', async () => {
    const party = await server.register();
    const { access: token } = await party.tokens(parameters, { consent: order });
    const now = server.clock.now();
    expect(claimsOf(token)).toEqual({
      iss: server.issuer,
      sub: 'alice',
      cid: party.id,
      aud: ['https://api.example/', 'https://other.example/'],
      scp: ['openid', 'email'],
      iat: now,
      exp: now + 123,
      jti: expect.stringMatching(/^[\w.-]{22,}$/),
      clm: ['email'],
      cll: ['bg', 'en'],
      cld: { source: 'crm' },
      uip: { nickname: 'Preset' },
      dat: { tenant: 7 },
    });
  });

  test('of RFC 9068, whose audience is never missing', async () => {
    await withProperties({ 'authzStore.accessToken.codec.jwt.profile': 'oauth-1.0' }, async (own) => {
      const party = await own.register();
      const authentication = { acr: 'gold', amr: ['pwd', 'otp'] };
      const { access: token } = await party.tokens(parameters, { authentication, consent: order });
      const now = own.clock.now();
      expect(claimsOf(token)).toEqual({
        iss: own.issuer,
        sub: 'alice',
        client_id: party.id,
        aud: ['https://api.example/', 'https://other.example/'],
        scope: 'openid email',
        iat: now,
        exp: now + 123,
        jti: expect.stringMatching(/^[\w.-]{22,}$/),
        auth_time: now,
        acr: 'gold',
        amr: ['pwd', 'otp'],
        clm: ['email'],
        cll: ['bg', 'en'],
        cld: { source: 'crm' },
        uip: { nickname: 'Preset' },
        dat: { tenant: 7 },
      });
      const { body: bare } = await party.tokens({ scope: 'openid' }, { sub: 'bob' });
      expect([claimsOf(bare['access_token'])['aud']].flat()).toEqual([own.issuer]);
      expect((await own.userInfo(text(bare['access_token']))).status).toBe(200);
    });
  });

  test('of a client that acts for itself', async () => {
    const party = await server.register({ grant_types: ['client_credentials'], scope: 'read write' });
    const { body } = await party.post('/token', { grant_type: 'client_credentials', scope: 'read nothing' });
    expect(body).toMatchObject({ scope: 'read', token_type: 'Bearer', expires_in: 600 });
    expect(body).not.toHaveProperty('refresh_token');
    const claims = claimsOf(body['access_token']);
    expect(claims).toMatchObject({ sub: party.id, cid: party.id, scp: ['read'] });
    expect(claims).not.toHaveProperty('clm');
    const refused = await party.post('/token', { grant_type: 'client_credentials', scope: 'admin' });
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
  });
});

describe('identifier-based tokens', () => {
  const consent = { access_token: { encoding: 'IDENTIFIER' } };

  test('are keyed identifiers that only this server reads', async () => {
    const party = await server.register({
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    });
    const { body: tokens } = await party.tokens({ scope: 'openid email' }, { consent });
    const token = text(tokens['access_token']);
    expect(token).toMatch(/^[\w-]{22}\.[\w-]{22}$/);
    expect((await server.userInfo(token)).body).toMatchObject({ email: 'alice@wonderland.net' });
    const { body } = await party.post('/token/introspect', { token });
    expect(body).toMatchObject({ active: true, iss: server.issuer, sub: 'alice', clm: ['email', 'email_verified'] });
    const refreshed = await party.refresh(text(tokens['refresh_token']));
    expect(text(refreshed.body['access_token'])).toMatch(/^[\w-]{22}\.[\w-]{22}$/);
  });

  test('end with their lifetime', async () => {
    const party = await server.register({ grant_types: ['authorization_code', 'client_credentials'] });
    const choices = { consent: { access_token: { encoding: 'IDENTIFIER', lifetime: 60 } } };
    const { access: token } = await party.tokens({}, choices);
    server.clock.advance(59);
    expect((await party.post('/token/introspect', { token: text(token) })).body['active']).toBe(true);
    server.clock.advance(1);
    expect((await party.post('/token/introspect', { token: text(token) })).body).toEqual({ active: false });
    expect((await server.userInfo(token)).status).toBe(401);
  });

  test.each(['IDENTIFIER', 'SELF_CONTAINED'])('of encoding %s are revoked alone', async (encoding) => {
    const party = await server.register();
    const tokens = await party.tokens({}, { consent: { access_token: { encoding } } });
    const sibling = await party.refresh(tokens.refresh);
    await party.post('/token/revoke', { token: tokens.access });
    expect((await server.userInfo(tokens.access)).status).toBe(401);
    expect((await server.userInfo(sibling.access)).status).toBe(200);
    expect((await party.refresh(tokens.refresh)).status).toBe(200);
  });
});

describe('resource', () => {
  test('becomes the audience of a code flow, unless the page orders another', async () => {
    const party = await server.register();
    const query = `${new URLSearchParams(party.query())}&resource=https%3A%2F%2Fa.example%2F&resource=https%3A%2F%2Fb.example%2F`;
    const { params } = await server.page.login(query);
    const { body } = await party.redeem(text(params.get('code')));
    expect(claimsOf(body['access_token'])['aud']).toEqual(['https://a.example/', 'https://b.example/']);
    const audience = ['https://c.example/'];
    const { body: ordered } = await party.tokens(
      { resource: 'https://a.example/', prompt: 'consent' },
      { consent: { access_token: { audience } } },
    );
    expect(claimsOf(ordered['access_token'])['aud']).toEqual(audience);
  });

  test('becomes the audience of client credentials, also more than one', async () => {
    const resources = ['https://a.example/', 'https://b.example/'];
    const party = await server.register({ grant_types: ['client_credentials'], scope: 'read', resources });
    const response = await server.send('/token', {
      method: 'POST',
      headers: party.basic,
      body: new URLSearchParams([
        ['grant_type', 'client_credentials'],
        ['resource', 'https://a.example/'],
        ['resource', 'https://b.example/'],
      ]),
    });
    expect(claimsOf(response.body['access_token'])['aud']).toEqual(['https://a.example/', 'https://b.example/']);
  });

  test.each(['resource=&resource=https://a.example', 'resource=https://a.example&resource='])(
    'loses none of its values to an empty one: %s',
    async (parameters) => {
      const resources = ['https://a.example'];
      const party = await server.register({ grant_types: ['client_credentials'], scope: 'read', resources });
      const response = await server.send('/token', {
        method: 'POST',
        headers: { ...party.basic, 'Content-Type': 'application/x-www-form-urlencoded' },
        body: `grant_type=client_credentials&${parameters}`,
      });
      expect([claimsOf(response.body['access_token'])['aud']].flat()).toEqual(['https://a.example']);
    },
  );

  test.each(['relative/path', 'https://a.example/#fragment', ' '])(
    '%s is refused with invalid_target',
    async (resource) => {
      const party = await server.register({
        grant_types: ['authorization_code', 'client_credentials'],
        scope: 'read',
      });
      const { params } = await party.login({ resource });
      expect(params.get('error')).toBe('invalid_target');
      const { status, body } = await party.post('/token', { grant_type: 'client_credentials', resource });
      expect(status).toBe(400);
      expect(body['error']).toBe('invalid_target');
    },
  );

  test('an audience other than the server keeps a token from UserInfo', async () => {
    const party = await server.register();
    const { body: elsewhere } = await party.tokens({ resource: 'https://api.example/' });
    expect((await server.userInfo(text(elsewhere['access_token']))).status).toBe(401);
    const { body: here } = await party.tokens(
      { prompt: 'consent' },
      { consent: { audience: ['https://api.example/', server.issuer] } },
    );
    expect((await server.userInfo(text(here['access_token']))).status).toBe(200);
  });
});

describe('impersonation', () => {
  test('issues all tokens for the subject, with the user as the actor', async () => {
    const party = await server.register({
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    });
    const { body: tokens } = await party.tokens(
      { scope: 'openid email' },
      { sub: 'alice', consent: { impersonated_sub: 'bob' } },
    );
    expect(claimsOf(tokens['access_token'])).toMatchObject({ sub: 'bob', act: { sub: 'alice' } });
    expect(claimsOf(tokens['id_token'])).toMatchObject({ sub: 'bob', act: { sub: 'alice' } });
    expect((await server.userInfo(text(tokens['access_token']))).body).toMatchObject({
      sub: 'bob',
      email: 'bob@wonderland.net',
    });
    const { body } = await party.post('/token/introspect', { token: text(tokens['access_token']) });
    expect(body).toMatchObject({ sub: 'bob', act: { sub: 'alice' } });
    const refreshed = await party.refresh(text(tokens['refresh_token']));
    expect(claimsOf(refreshed.body['access_token'])).toMatchObject({ sub: 'bob', act: { sub: 'alice' } });
  });

  test('of the ID token leaves the other tokens alone', async () => {
    const party = await server.register();
    const { body: tokens } = await party.tokens(
      {},
      { sub: 'alice', consent: { id_token: { impersonated_sub: 'bob' } } },
    );
    expect(claimsOf(tokens['id_token'])['sub']).toBe('bob');
    expect(claimsOf(tokens['access_token'])).toMatchObject({ sub: 'alice' });
    expect(claimsOf(tokens['access_token'])).not.toHaveProperty('act');
  });

  test('is not remembered for the user: the next visit asks', async () => {
    const party = await server.register();
    const { subSid } = await party.login({}, { sub: 'alice', consent: { impersonated_sub: 'bob' } });
    expect((await party.login({}, { subSid: text(subSid) })).steps).toEqual(['consent', 'response']);
    expect((await party.login({}, { sub: 'bob' })).steps).toEqual(['auth', 'consent', 'response']);
  });
});
