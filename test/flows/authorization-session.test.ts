import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { sessionsPath, uriOf } from '../../src/testing/caller/login-page.ts';
import { object, text } from '../../src/testing/caller/values.ts';
import { people } from '../../src/testing/people.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let party: TestClient;
beforeAll(async () => {
  server = await startTestServer({ claimsSources: [people] });
  party = await server.register();
});
afterAll(() => server.close());

describe('DELETE', () => {
  test('ends the session with access_denied', async () => {
    const message = await party.start();
    const response = await server.call('DELETE', `${sessionsPath}/${text(message['sid'])}`);
    expect(response.status).toBe(200);
    const answer = response.body;
    expect(answer).toMatchObject({ type: 'response', mode: 'query' });
    const { searchParams } = uriOf(answer);
    expect(searchParams.get('error')).toBe('access_denied');
    expect(searchParams.get('state')).toBe('af0ifjsldkj');
    expect(searchParams.get('iss')).toBe(server.issuer);
    expect(searchParams.has('code')).toBe(false);
    const again = await server.call('GET', `${sessionsPath}/${text(message['sid'])}`);
    expect(again.status).toBe(404);
    expect(again.json).toMatchObject({ error: 'invalid_session' });
  });

  test.each([
    'access_denied',
    'invalid_request',
    'unauthorized_client',
    'unsupported_response_type',
    'invalid_scope',
    'server_error',
    'temporarily_unavailable',
    'interaction_required',
    'login_required',
    'account_selection_required',
    'consent_required',
    'unmet_authentication_requirements',
    'invalid_request_uri',
    'invalid_request_object',
    'request_not_supported',
    'request_uri_not_supported',
    'registration_not_supported',
    'invalid_target',
    'invalid_authorization_details',
  ])('sends %s to the client', async (error) => {
    const { sid } = await party.start();
    const query = new URLSearchParams({ error, error_description: 'Because', error_uri: 'https://e.example/1' });
    const answer = (await server.call('DELETE', `${sessionsPath}/${text(sid)}?${query}`)).body;
    expect(Object.fromEntries(uriOf(answer).searchParams)).toEqual({
      error,
      error_description: 'Because',
      error_uri: 'https://e.example/1',
      state: 'af0ifjsldkj',
      iss: server.issuer,
    });
  });

  test.each([
    'error=no_such_code',
    'error_description=%22quoted%22',
    'error_description=a%5Cb',
    'error_uri=not%20a%20uri',
  ])('%s is refused, and the session goes on', async (query) => {
    const message = await party.start();
    const response = await server.call('DELETE', `${sessionsPath}/${text(message['sid'])}?${query}`);
    expect(response.status).toBe(400);
    expect(await server.page.put(message, { sub: 'alice' })).toMatchObject({
      type: expect.stringMatching(/consent|response/),
    });
  });

  test('knows the configured codes', async () => {
    const own = await startTestServer({ properties: { 'op.authz.customErrorCodes': 'too_young' } });
    try {
      const client = await own.register();
      const query = new URLSearchParams(client.query()).toString();
      const { sid } = (await own.call('POST', sessionsPath, { query })).body;
      const answer = (await own.call('DELETE', `${sessionsPath}/${text(sid)}?error=too_young`)).body;
      expect(uriOf(answer).searchParams.get('error')).toBe('too_young');
    } finally {
      await own.close();
    }
  });
});

describe('the session as a resource', () => {
  test('shows the request, specified parameters by name, and drops what nobody has named', async () => {
    const subSid = await party.signedIn();
    const { id: hint } = await party.tokens({}, { sub: 'alice' });
    const claims = { userinfo: { name: null } };
    const message = await party.start(
      {
        scope: 'openid email',
        nonce: 'n-1',
        prompt: 'login consent',
        max_age: '60',
        acr_values: '1 2',
        login_hint: 'alice',
        id_token_hint: text(hint),
        ui_locales: 'bg en',
        claims_locales: 'bg',
        claims: JSON.stringify(claims),
        resource: 'https://api.example/',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
        extra: 'foobar',
      },
      { sub_sid: subSid, data: { tab: 1 } },
    );
    const shown = (await server.call('GET', `${sessionsPath}/${text(message['sid'])}`)).body;
    expect(shown).toEqual({
      sid: message['sid'],
      iss: server.issuer,
      creation_time: server.clock.now(),
      state: 'auth',
      auth_req: {
        response_type: 'code',
        response_mode: 'query',
        client_id: party.id,
        redirect_uri: party.redirectUri,
        scope: ['openid', 'email'],
        state: 'af0ifjsldkj',
        nonce: 'n-1',
        display: 'page',
        prompt: ['login', 'consent'],
        max_age: 60,
        acr_values: ['1', '2'],
        login_hint: 'alice',
        id_token_hint: hint,
        ui_locales: ['bg', 'en'],
        claims_locales: ['bg'],
        claims,
        resource: ['https://api.example/'],
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
      },
      sub_session: expect.objectContaining({ sid: subSid, sub: 'alice' }),
      data: { tab: 1 },
    });
  });

  test('keeps custom data, which every message repeats', async () => {
    const message = await party.start();
    const url = `${sessionsPath}/${text(message['sid'])}/data`;
    expect((await server.call('GET', url)).body).toEqual({});
    expect((await server.call('PUT', url, { step: 2 })).status).toBe(204);
    expect((await server.call('GET', url)).body).toEqual({ step: 2 });
    const consent = await server.page.put(message, { sub: 'keeper' });
    expect(consent['data']).toEqual({ step: 2 });
    expect((await server.call('DELETE', url)).status).toBe(204);
    expect(await server.page.put(consent, {})).not.toHaveProperty('data');
  });

  test('lives for op.authz.sessionLifetime', async () => {
    const message = await party.start();
    const url = `${sessionsPath}/${text(message['sid'])}`;
    server.clock.advance(899);
    expect((await server.call('GET', url)).status).toBe(200);
    server.clock.advance(1);
    for (const method of ['GET', 'DELETE']) expect((await server.call(method, url)).status).toBe(404);
    expect((await server.call('PUT', url, { sub: 'alice' })).status).toBe(404);
  });

  test('ends with the response', async () => {
    const consent = await server.page.put(await party.start(), { sub: 'ender' });
    await server.page.put(consent, {});
    expect((await server.call('GET', `${sessionsPath}/${text(consent['sid'])}`)).status).toBe(404);
  });

  test.each(['x', 'g6f5K6Kf6EY11zC00errCf.64yLtg9lLANAcnXQk2xUEg', 'a.b.c', '%00', 'é'])(
    'the identifier %s is unknown',
    async (sid) => {
      const response = await server.call('GET', `${sessionsPath}/${encodeURIComponent(sid)}`);
      expect(response.status).toBe(404);
      expect(response.json).toMatchObject({ error: 'invalid_session' });
    },
  );

  test('methods that it lacks are named', async () => {
    const response = await server.call('PATCH', sessionsPath, {});
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('POST');
    const { sid } = await party.start();
    const one = await server.call('POST', `${sessionsPath}/${text(sid)}`, {});
    expect(one.headers.get('allow')).toMatch(/GET.*PUT.*DELETE|DELETE.*GET.*PUT/);
  });

  test.each(['/authz-sessions/rest/v1', '/authz-sessions/rest/v2'])('%s is gone', async (path) => {
    expect((await server.call('POST', path, { query: '' })).status).toBe(404);
  });

  test('needs the API token', async () => {
    const call = (headers: Record<string, string>) =>
      server.send(sessionsPath, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: '{"query":""}',
      });
    const without = await call({});
    expect(without.status).toBe(401);
    expect(without.headers.get('www-authenticate')).toBe('Bearer realm="OAuth"');
    expect(without.json).toMatchObject({ error: 'missing_token' });
    const wrong = await call({ Authorization: 'Bearer ztucZS1ZyFKgh0tUEruUtiSTXhnexmd7' });
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect((await call({ Authorization: `Bearer ${demoApiToken}` })).status).toBe(200);
  });

  test('is never cached', async () => {
    const response = await server.call('POST', sessionsPath, { query: '' });
    expect(response.headers.get('cache-control')).toContain('no-store');
    expect(response.headers.get('pragma')).toBe('no-cache');
  });
});

describe('PUT', () => {
  test('a consent before the authentication is refused, and the session goes on', async () => {
    const message = await party.start();
    const response = await server.call('PUT', `${sessionsPath}/${text(message['sid'])}`, { scope: ['openid'] });
    expect(response.status).toBe(400);
    expect(response.json).toMatchObject({ error: 'invalid_request' });
    expect(await server.page.put(message, { sub: 'late' })).toMatchObject({ type: 'consent' });
  });

  test.each([[{ sub: null }], [{ sub: '' }], [{ sub: 7 }], [{ sub: 'x'.repeat(256) }], [{ sub: 'a', amr: 'pwd' }]])(
    'the authentication %j is refused',
    async (body) => {
      const { sid } = await party.start();
      expect((await server.call('PUT', `${sessionsPath}/${text(sid)}`, body)).status).toBe(400);
    },
  );

  test.each([
    [{ scope: 'openid' }],
    [{ claims: { email: true } }],
    [{ access_token: { lifetime: -1 } }],
    [{ long_lived: 'yes' }],
  ])('the consent %j is refused, and the session goes on', async (body) => {
    const consent = await server.page.put(await party.start(), { sub: 'picky' });
    expect((await server.call('PUT', `${sessionsPath}/${text(consent['sid'])}`, body)).status).toBe(400);
    expect(await server.page.put(consent, { long_lived: false })).toMatchObject({ type: 'response' });
  });

  test('another user may sign in at the consent screen: the first session is closed', async () => {
    const first = await server.page.put(await party.start(), { sub: 'first' });
    const second = await server.page.put(first, { sub: 'second' });
    expect(second).toMatchObject({ type: 'consent', sid: first['sid'], sub_session: { sub: 'second' } });
    const old = text(object(first['sub_session'])['sid']);
    const gone = await server.call('GET', '/session-store/rest/v2/sessions', undefined, { SID: old });
    expect(gone.status).toBe(404);
    const response = await server.page.put(second, {});
    expect(response['sub_sid']).toBe(object(second['sub_session'])['sid']);
  });

  test('the same user signing in again keeps the session, which is updated and has another identifier', async () => {
    const subSid = await party.signedIn();
    server.clock.advance(100);
    const message = await party.start({ prompt: 'login consent' }, { sub_sid: subSid });
    const consent = await server.page.put(message, { sub: 'alice', acr: '2', amr: ['otp'], data: { a: 1 } });
    expect(object(consent['sub_session'])['sid']).not.toBe(subSid);
    expect(consent['sub_session']).toMatchObject({
      auth_time: server.clock.now(),
      creation_time: server.clock.now() - 100,
      acr: '2',
      amr: ['otp'],
      data: { a: 1 },
      rps: [party.id],
    });
  });

  test('the same user signing in again keeps of the session what is not said anew', async () => {
    const first = { auth_life: 5, max_life: 600, acr: '2', amr: ['otp'], claims: { ip: '::1' }, data: { a: 1 } };
    const consent = await server.page.put(await party.start(), { sub: 'returner', ...first });
    const again = await server.page.put(consent, { sub: 'returner', max_life: 700, amr: ['pwd'] });
    const { acr: _acr, ...kept } = first;
    expect(again['sub_session']).toMatchObject({ ...kept, max_life: 700, amr: ['pwd'] });
    // The level is that of the last authentication, which did not reach any.
    expect(again['sub_session']).not.toHaveProperty('acr');
    const back = await server.page.put(again, { sub: 'returner', max_life: 0 });
    expect(back['sub_session']).toMatchObject({ max_life: 259_200 });
  });

  test('an essential acr that the authentication lacks ends the request', async () => {
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ['high', 'higher'] } } });
    for (const acr of [{}, { acr: 'low' }]) {
      const refused = await server.page.put(await party.start({ claims }), { sub: 'alice', ...acr });
      expect(refused['type']).toBe('response');
      expect(uriOf(refused).searchParams.get('error')).toBe('unmet_authentication_requirements');
      expect(refused).not.toHaveProperty('sub_sid');
    }
    const consent = await server.page.put(await party.start({ claims }), { sub: 'climber', acr: 'higher' });
    expect(consent['type']).toBe('consent');
    // Nor does a second authentication at the consent screen lower it.
    const lowered = await server.page.put(consent, { sub: 'bob', acr: 'low' });
    expect(uriOf(lowered).searchParams.get('error')).toBe('unmet_authentication_requirements');
  });

  test('of concurrent consents one wins, and there is one code', async () => {
    const consent = await server.page.put(await party.start(), { sub: 'racer' });
    const url = `${sessionsPath}/${text(consent['sid'])}`;
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.call('PUT', url, { scope: ['openid'] })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status } of answers) expect([200, 400, 404, 409]).toContain(status);
  });

  test('of concurrent authentications one wins', async () => {
    const { sid } = await party.start();
    const bodies = Array.from({ length: 10 }, (_, i) => ({ sub: `racer-${i}` }));
    const answers = await Promise.all(bodies.map((body) => server.call('PUT', `${sessionsPath}/${text(sid)}`, body)));
    const won = answers.filter(({ status }) => status === 200);
    expect(won.length).toBeGreaterThanOrEqual(1);
    const left = await Promise.all(
      bodies.map(async ({ sub }) => (await server.call('GET', `/session-store/rest/v2/sessions?subject=${sub}`)).json),
    );
    // Losers leave no sessions behind that nobody holds.
    expect(left.flat()).toHaveLength(1);
  });
});
