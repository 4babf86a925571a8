import { describe, expect, test } from 'vitest';
import { sha256 } from '../../crypto/digest.ts';
import type { AccessToken } from '../../domain/access-token.ts';
import { createRegistrations, masterToken } from '../../testing/fake-caller.ts';

const redirect_uris = ['https://client.example.org/cb'];

describe('a registration', () => {
  test('answers the stored metadata with defaults and fresh credentials', async () => {
    const { call, clients } = createRegistrations();
    const { status, headers, body } = await call({
      token: masterToken,
      json: { redirect_uris, grant_types: ['authorization_code', 'refresh_token'], token_exchange_enabled: true },
    });
    expect(status).toBe(201);
    expect(headers).toMatchObject({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    expect(body).toStrictEqual({
      client_id: expect.stringMatching(/^[a-z2-7]{13}$/),
      client_id_issued_at: 1_700_000_000,
      client_secret: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      client_secret_expires_at: 0,
      registration_client_uri: `https://op.example.com/clients/${body['client_id']}`,
      registration_access_token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      redirect_uris,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      application_type: 'web',
      subject_type: 'public',
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'RS256',
      require_auth_time: false,
    });
    const stored = clients.get(String(body['client_id']));
    expect(stored?.registration_token_hash).toBe(sha256(String(body['registration_access_token'])));
    expect(JSON.stringify(stored)).not.toContain(body['registration_access_token']);
  });

  test('gives a public client no secret', async () => {
    const { register } = createRegistrations();
    const client = await register({ redirect_uris, token_endpoint_auth_method: 'none' });
    expect(client).not.toHaveProperty('client_secret');
    expect(client).not.toHaveProperty('client_secret_expires_at');
  });

  test.each([
    ['HS256', 43],
    ['HS384', 48],
    ['HS512', 64],
  ])('gives a client with %s ID tokens a secret of %i characters, even a public one', async (alg, length) => {
    const { register } = createRegistrations();
    const client = await register({
      redirect_uris,
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: alg,
    });
    expect(client['client_secret']).toHaveLength(length);
    expect(client['client_secret_expires_at']).toBe(0);
  });

  test('ends the secret after op.reg.clientSecretLifetime', async () => {
    const { register } = createRegistrations({ registration: { clientSecretLifetime: 3600 } });
    expect(await register({ redirect_uris })).toMatchObject({ client_secret_expires_at: 1_700_003_600 });
  });

  test('takes another client ID when the first is taken', async () => {
    let insertions = 0;
    const { register } = createRegistrations({
      registration: { clientIdByteLength: 1 },
      beforeWrite: () => insertions++,
    });
    for (let i = 0; i < 60; i++) await register({ redirect_uris });
    expect(insertions).toBeGreaterThan(60);
  });

  test('says what to change when the ID space is full', async () => {
    const { call } = createRegistrations({
      beforeWrite: (clients) => {
        clients.has = () => true;
      },
    });
    await expect(call({ token: masterToken, json: { redirect_uris } })).rejects.toThrow('op.reg.clientIDByteLength');
  });

  test.each([
    ['no JSON', '{', 'invalid_request'],
    ['an array', '[]', 'invalid_request'],
    ['deep nesting', `{"data":${'['.repeat(40)}${']'.repeat(40)}}`, 'invalid_request'],
    ['an oversized body', `{"client_name":"${'a'.repeat(250_000)}"}`, 'invalid_request'],
  ])('refuses %s', async (_what, raw, error) => {
    const { call, marks } = createRegistrations();
    expect(await call({ token: masterToken, raw })).toMatchObject({ status: 400, body: { error } });
    expect(marks.get('clientRegEndpoint.invalidRequests')).toBe(1);
  });

  test('refuses another content type', async () => {
    const { call } = createRegistrations();
    const headers = { 'content-type': 'text/plain' };
    expect(await call({ token: masterToken, json: { redirect_uris }, headers })).toMatchObject({ status: 400 });
  });
});

describe('a requested identity', () => {
  test('is given to the master', async () => {
    const { register } = createRegistrations();
    const client = await register({
      redirect_uris,
      preferred_client_id: 'https://rp.example.org/',
      preferred_client_secret: 'a secret',
      data: { tier: 1 },
    });
    expect(client).toMatchObject({
      client_id: 'https://rp.example.org/',
      client_secret: 'a secret',
      registration_client_uri: 'https://op.example.com/clients/https%3A%2F%2Frp.example.org%2F',
      data: { tier: 1 },
    });
    expect(client).not.toHaveProperty('preferred_client_id');
  });

  test.each([
    ['an ID that is taken', { preferred_client_id: 'taken' }, 'preferred_client_id: is taken'],
    ['a long ID', { preferred_client_id: 'a'.repeat(81) }, 'preferred_client_id: expected'],
    ['an ID with a blank', { preferred_client_id: 'a b' }, 'preferred_client_id: expected'],
    ['an ID that is a dot segment', { preferred_client_id: '..' }, 'preferred_client_id: a dot segment'],
    ['an empty secret', { preferred_client_secret: '' }, 'preferred_client_secret: expected'],
    [
      'a secret too short for its HMAC',
      { preferred_client_secret: 'a'.repeat(31), id_token_signed_response_alg: 'HS256' },
      'preferred_client_secret: expected 32',
    ],
  ])('refuses %s', async (_what, members, text) => {
    const { call, register } = createRegistrations();
    await register({ redirect_uris, preferred_client_id: 'taken' });
    const { status, body } = await call({ token: masterToken, json: { redirect_uris, ...members } });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: 'invalid_client_metadata' });
    expect(body['error_description']).toContain(text);
  });

  test('loses against a registration between look and insertion', async () => {
    const { call, register } = createRegistrations({
      beforeWrite: (clients) => {
        const [first] = clients.values();
        if (first) clients.set('wanted', { ...first, client_id: 'wanted' });
      },
    });
    await register({ redirect_uris });
    const answer = await call({ token: masterToken, json: { redirect_uris, preferred_client_id: 'wanted' } });
    expect(answer.body['error_description']).toContain('is taken');
  });
});

describe('open registration', () => {
  test('is closed by default', async () => {
    const { call, marks } = createRegistrations();
    expect(await call({ json: { redirect_uris } })).toMatchObject({ status: 403, body: { error: 'access_denied' } });
    expect(marks.get('clientRegEndpoint.unauthorizedRequests')).toBe(1);
  });

  test('registers harmless clients', async () => {
    const { call, marks } = createRegistrations({ registration: { allowOpenRegistration: true } });
    expect(await call({ json: { redirect_uris } })).toMatchObject({ status: 201 });
    expect(marks.get('clientRegEndpoint.registrations')).toBe(1);
  });

  test.each([
    { grant_types: ['client_credentials'] },
    { preferred_client_id: 'admin' },
    { preferred_client_secret: 'password' },
    { data: {} },
    { scope: 'openid client-reg' },
    { scope: 'client-reg:set-id' },
  ])('refuses %j', async (members) => {
    const { call, clients } = createRegistrations({ registration: { allowOpenRegistration: true } });
    const answer = await call({ json: { redirect_uris, ...members } });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_client_metadata' } });
    expect(clients.size).toBe(0);
  });

  test('does not make a wrong token harmless', async () => {
    const { call } = createRegistrations({ registration: { allowOpenRegistration: true } });
    const answer = await call({ token: 'guess', json: { redirect_uris } });
    expect(answer.status).toBe(401);
    expect(answer.headers['WWW-Authenticate']).toMatch(/^Bearer error="invalid_token", error_description="/);
    const basic = await call({ json: { redirect_uris }, headers: { authorization: 'Basic YTpi' } });
    expect(basic.status).toBe(401);
  });
});

describe('a one-time initial access token', () => {
  const token: AccessToken = {
    issuer: 'https://op.example.com',
    subject: 'alice',
    actor: undefined,
    clientId: 'portal',
    scope: ['client-reg'],
    audience: ['https://op.example.com'],
    issuedAt: 1_700_000_000,
    expiresAt: 1_700_000_600,
    id: 'jti-1',
    grantId: 'jti-1',
    claims: [],
    claimsLocales: [],
    claimsData: undefined,
    presetUserInfo: undefined,
    data: undefined,
    confirmation: undefined,
    authTime: undefined,
    acr: undefined,
    amr: undefined,
    extra: undefined,
  };
  const withToken = (members: Partial<AccessToken> = {}, registration = {}) => {
    const registrations = createRegistrations({ registration });
    registrations.accessTokens.set('initial', { ...token, ...members });
    return registrations;
  };

  test('registers one client', async () => {
    const { call } = withToken();
    expect((await call({ token: 'initial', json: { redirect_uris } })).status).toBe(201);
    expect((await call({ token: 'initial', json: { redirect_uris } })).status).toBe(401);
  });

  test('registers one client, also when used many times at once', async () => {
    const { call, clients } = withToken();
    const calls = Array.from({ length: 50 }, () => call({ token: 'initial', json: { redirect_uris } }));
    const statuses = (await Promise.all(calls)).map(({ status }) => status).sort();
    expect(statuses).toStrictEqual([201, ...Array(49).fill(401)]);
    expect(clients.size).toBe(1);
  });

  test('survives bad metadata', async () => {
    const { call } = withToken();
    expect((await call({ token: 'initial', json: {} })).status).toBe(400);
    expect((await call({ token: 'initial', json: { redirect_uris, preferred_client_id: 'x' } })).status).toBe(400);
    expect((await call({ token: 'initial', json: { redirect_uris } })).status).toBe(201);
  });

  test.each([
    ['without the scope', { scope: ['openid', 'client-reg:set-id'] }, 403, 'insufficient_scope'],
    ['for another audience', { audience: ['https://api.example.com'] }, 401, 'invalid_token'],
    ['bound to a certificate', { confirmation: { 'x5t#S256': 'x' } }, 401, 'invalid_token'],
    ['bound to a key', { confirmation: { jkt: 'x' } }, 401, 'invalid_token'],
  ])('is refused %s', async (_what, members, status, error) => {
    const { call } = withToken(members);
    const answer = await call({ token: 'initial', json: { redirect_uris } });
    expect(answer).toMatchObject({ status, body: { error } });
    expect(answer.headers['WWW-Authenticate']).toContain(`error="${error}"`);
  });

  test('may name the registration endpoint, or need not name anything if so configured', async () => {
    const named = withToken({ audience: ['https://op.example.com/clients'] });
    expect((await named.call({ token: 'initial', json: { redirect_uris } })).status).toBe(201);
    const free = createRegistrations({ registration: { requireInitialAccessTokenAudience: false } });
    free.accessTokens.set('initial', { ...token, audience: [] });
    expect((await free.call({ token: 'initial', json: { redirect_uris } })).status).toBe(201);
  });

  test.each([
    ['client-reg:set-id', { redirect_uris, preferred_client_id: 'mine' }],
    ['client-reg:set-secret', { redirect_uris, preferred_client_secret: 'mine' }],
    ['client-reg:set-data', { redirect_uris, data: { a: [1] } }],
    ['client-reg:client_credentials', { grant_types: ['client_credentials'] }],
  ])('needs %s for that', async (scope, json) => {
    const without = withToken();
    expect((await without.call({ token: 'initial', json })).status).toBe(400);
    const { call } = withToken({ scope: ['client-reg', scope] });
    expect((await call({ token: 'initial', json })).status).toBe(201);
  });

  test('does not open what is the master’s', async () => {
    const { call, register } = withToken({ scope: ['client-reg', 'client-reg:set-id'] });
    const { client_id } = await register({ redirect_uris });
    expect((await call({ method: 'GET', token: 'initial' })).status).toBe(401);
    expect((await call({ method: 'GET', token: 'initial', id: String(client_id) })).status).toBe(401);
  });
});
