import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimsOf, headerOf } from '../../src/testing/caller/jwt.ts';
import { text } from '../../src/testing/caller/values.ts';
import { people } from '../../src/testing/people.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ claimsSources: [people], properties: { 'sessionStore.quotaPerSubject': '25' } });
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

const half = (value: string) => createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');

const refreshable = { id_token: { allow_refresh: true } };

test('has the claims of a plain request, and no other', async () => {
  const party = await server.register();
  const { body } = await party.tokens();
  const now = server.clock.now();
  expect(claimsOf(body['id_token'])).toEqual({
    iss: server.issuer,
    sub: 'alice',
    aud: party.id,
    iat: now,
    exp: now + 300,
    at_hash: half(text(body['access_token'])),
  });
  expect(headerOf(body['id_token'])).toEqual({ alg: 'RS256', kid: expect.any(String) });
});

test('is only for openid requests, and only where issued', async () => {
  const party = await server.register();
  expect((await party.tokens({ scope: 'email' })).body).not.toHaveProperty('id_token');
  expect(
    (await party.tokens({ prompt: 'consent' }, { consent: { id_token: { issue: false } } })).body,
  ).not.toHaveProperty('id_token');
});

test('repeats the nonce, with any characters', async () => {
  const party = await server.register();
  for (const nonce of ['n-0S6_WzA2Mj', 'x'.repeat(1000), 'ü "quoted" \\ &=%']) {
    const { body: tokens } = await party.tokens({ nonce }, { consent: refreshable });
    expect(claimsOf(tokens['id_token'])['nonce']).toBe(nonce);
    const { body } = await party.refresh(text(tokens['refresh_token']));
    if (body['id_token'] !== undefined) expect(claimsOf(body['id_token'])).not.toHaveProperty('nonce');
  }
});

describe('auth_time', () => {
  test.each<[string, Record<string, string>, Record<string, unknown>]>([
    ['max_age', { max_age: '10000' }, {}],
    ['default_max_age', {}, { default_max_age: 10_000 }],
    ['require_auth_time', {}, { require_auth_time: true }],
    ['the claims parameter', { claims: '{"id_token":{"auth_time":{"essential":true}}}' }, {}],
  ])('is there by %s, and stays that of the first sign-in on refresh', async (_name, parameters, metadata) => {
    const party = await server.register(metadata);
    const { body: tokens } = await party.tokens(parameters, { consent: refreshable });
    const authTime = server.clock.now();
    expect(claimsOf(tokens['id_token'])['auth_time']).toBe(authTime);
    server.clock.advance(10);
    const { body } = await party.refresh(text(tokens['refresh_token']));
    expect(claimsOf(body['id_token'])['auth_time']).toBe(authTime);
  });

  test.each([true, false])(
    'is the first one, too, after the subject has signed in again (long-lived: %s)',
    async (long) => {
      const party = await server.register();
      const consent = { ...refreshable, long_lived: long };
      const { code, subSid } = await party.authorize({ max_age: '10000' }, { sub: 'twice', consent });
      const authTime = server.clock.now();
      const { body: tokens } = await party.redeem(code);
      server.clock.advance(10);
      const path = '/session-store/rest/v2/sessions/subject-auth';
      expect((await server.call('PUT', path, { sub: 'twice' }, { SID: text(subSid) })).status).toBe(204);
      const { body } = await party.refresh(text(tokens['refresh_token']));
      expect(claimsOf(body['id_token'])['auth_time']).toBe(authTime);
    },
  );

  test('is on no refreshed ID token where the first had none', async () => {
    const party = await server.register();
    const { body: tokens } = await party.tokens({}, { consent: refreshable });
    expect(claimsOf(tokens['id_token'])).not.toHaveProperty('auth_time');
    const { body } = await party.refresh(text(tokens['refresh_token']));
    expect(claimsOf(body['id_token'])).not.toHaveProperty('auth_time');
  });
});

test('acr and amr are those of the session', async () => {
  const party = await server.register();
  const { body: tokens } = await party.tokens(
    {},
    { authentication: { acr: 'gold', amr: ['pwd', 'otp'] }, consent: refreshable },
  );
  expect(claimsOf(tokens['id_token'])).toMatchObject({ acr: 'gold', amr: ['pwd', 'otp'] });
  const { body } = await party.refresh(text(tokens['refresh_token']));
  expect(claimsOf(body['id_token'])).toMatchObject({ acr: 'gold', amr: ['pwd', 'otp'] });
});

describe('sid', () => {
  const metadata = {
    backchannel_logout_uri: 'https://rp.example/logout',
    backchannel_logout_session_required: true,
  };

  test('is there for those who registered for logout by session; per session and client', async () => {
    const first = await server.register(metadata);
    const second = await server.register(metadata);
    const { subSid, params } = await first.login({}, { consent: refreshable });
    const { body } = await first.redeem(text(params.get('code')));
    const sid = text(claimsOf(body['id_token'])['sid']);
    expect(sid).toMatch(/^[\w-]{22}$/);
    expect(text(subSid)).not.toContain(sid);
    const { body: again } = await first.tokens({}, { subSid: text(subSid) });
    expect(claimsOf(again['id_token'])['sid']).toBe(sid);
    const refreshed = await first.refresh(text(body['refresh_token']));
    expect(claimsOf(refreshed.body['id_token'])['sid']).toBe(sid);
    expect(claimsOf((await second.tokens({}, { subSid: text(subSid) })).id)['sid']).not.toBe(sid);
    expect(claimsOf((await first.tokens()).id)['sid']).not.toBe(sid);
  });

  test('is not for others', async () => {
    const party = await server.register();
    expect(claimsOf((await party.tokens()).id)).not.toHaveProperty('sid');
  });
});

describe('claims of the session', () => {
  const authentication = { claims: { login_ip: '10.20.30.40', login_geo: 'BG', sub: 'mallory', nonce: 'x' } };

  test('are fed in, and never override core claims', async () => {
    const party = await server.register();
    const { body: tokens } = await party.tokens({}, { authentication, consent: refreshable });
    const claims = claimsOf(tokens['id_token']);
    expect(claims).toMatchObject({ sub: 'alice', login_ip: '10.20.30.40', login_geo: 'BG' });
    expect(claims).not.toHaveProperty('nonce');
    const { body } = await party.refresh(text(tokens['refresh_token']));
    expect(claimsOf(body['id_token'])).toMatchObject({ login_ip: '10.20.30.40' });
  });

  test.each([
    ['login_geo', { login_geo: 'BG' }],
    ['', {}],
  ])('are chosen by op.idToken.includeSubjectSessionClaims=%s', async (names, expected) => {
    await withProperties({ 'op.idToken.includeSubjectSessionClaims': names }, async (own) => {
      const party = await own.register();
      const { body: tokens } = await party.tokens({}, { authentication });
      const { login_geo, login_ip } = claimsOf(tokens['id_token']);
      expect(JSON.parse(JSON.stringify({ login_geo, login_ip }))).toEqual(expected);
    });
  });
});

describe('preset claims', () => {
  test('are in the first ID token only, and never override core claims', async () => {
    const party = await server.register();
    const preset = { id_token: { tenant: 't1', nothing: null, sub: 'mallory', aud: 'x', exp: 1 } };
    const { body: tokens } = await party.tokens({}, { consent: { ...refreshable, preset_claims: preset } });
    const claims = claimsOf(tokens['id_token']);
    expect(claims).toMatchObject({ tenant: 't1', nothing: null, sub: 'alice', aud: party.id });
    expect(claims['exp']).toBe(server.clock.now() + 300);
    const { body } = await party.refresh(text(tokens['refresh_token']));
    expect(claimsOf(body['id_token'])).not.toHaveProperty('tenant');
  });
});

describe('claims of the sources', () => {
  const claims = JSON.stringify({ id_token: { email: { essential: true }, website: null, unheard_of: null } });

  test('are there, also on refresh; what the source lacks is left out', async () => {
    const party = await server.register();
    const { body: tokens } = await party.tokens({ claims }, { consent: refreshable });
    const first = claimsOf(tokens['id_token']);
    expect(first).toMatchObject({ email: 'alice@wonderland.net', website: 'https://alice.wonderland.net' });
    expect(first).not.toHaveProperty('unheard_of');
    const { body } = await party.refresh(text(tokens['refresh_token']));
    expect(claimsOf(body['id_token'])).toMatchObject({ email: 'alice@wonderland.net' });
  });

  test.each([
    ['true', 200],
    ['false', 500],
  ])('a failing source, op.idToken.ignoreClaimsSourceErrors=%s: %s', async (value, expected) => {
    const broken = {
      name: 'broken',
      supportedClaims: ['*'],
      getClaims: () => Promise.reject(new Error('the directory is down: secret detail')),
    };
    const own = await startTestServer({
      claimsSources: [broken],
      properties: { 'op.idToken.ignoreClaimsSourceErrors': value },
    });
    try {
      const party = await own.register();
      const { params } = await party.login({ claims });
      const { status, body } = await party.redeem(text(params.get('code')));
      expect(status).toBe(expected);
      expect(JSON.stringify(body)).not.toContain('secret detail');
      if (expected === 200) expect(claimsOf(body['id_token'])).not.toHaveProperty('email');
      else expect(body['error']).toBe('server_error');
    } finally {
      await own.close();
    }
  });
});

test('lifetime: the page orders that of the first one, the rest have the default', async () => {
  await withProperties({ 'op.idToken.defaultLifetime': '200' }, async (own) => {
    const party = await own.register();
    const { body: tokens } = await party.tokens({}, { consent: { id_token: { lifetime: 50, allow_refresh: true } } });
    expect(claimsOf(tokens['id_token'])['exp']).toBe(own.clock.now() + 50);
    const { body } = await party.refresh(text(tokens['refresh_token']));
    expect(claimsOf(body['id_token'])['exp']).toBe(own.clock.now() + 200);
  });
});

test('jti and typ come by configuration', async () => {
  const properties = { 'op.idToken.includeJWTID': 'true', 'op.token.idToken.jwtType': 'id_token+jwt' };
  await withProperties(properties, async (own) => {
    const party = await own.register();
    const { body: first } = await party.tokens();
    const { body: second } = await party.tokens();
    expect(headerOf(first['id_token'])['typ']).toBe('id_token+jwt');
    expect(claimsOf(first['id_token'])['jti']).toMatch(/^[\w-]{22}$/);
    expect(claimsOf(first['id_token'])['jti']).not.toBe(claimsOf(second['id_token'])['jti']);
  });
});

test('a refreshed one has the same identity, and hashes its own access token', async () => {
  const party = await server.register();
  const { body: tokens } = await party.tokens({}, { consent: refreshable });
  server.clock.advance(7);
  // A stray parameter finds its way into no token.
  const { body } = await party.refresh(text(tokens['refresh_token']), { code: 'of-the-attacker' });
  const first = claimsOf(tokens['id_token']);
  const second = claimsOf(body['id_token']);
  expect([second['iss'], second['sub'], second['aud']]).toEqual([first['iss'], first['sub'], first['aud']]);
  expect(second['iat']).toBe(server.clock.now());
  expect(second['at_hash']).toBe(half(text(body['access_token'])));
  expect(second).not.toHaveProperty('c_hash');
});
