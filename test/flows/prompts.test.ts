import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { claimsOf } from '../../src/testing/caller/jwt.ts';
import type { LoginChoices } from '../../src/testing/caller/login-page.ts';
import { object, text } from '../../src/testing/caller/values.ts';
import { people } from '../../src/testing/people.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../../src/testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ claimsSources: [people], properties: { 'sessionStore.quotaPerSubject': '25' } });
});
afterAll(() => server.close());

type Parameters = Readonly<Record<string, string | undefined>>;

/** A client to which alice has consented for `parameters`, and her session. */
async function known(
  parameters: Parameters = {},
  choices: LoginChoices = {},
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly party: TestClient; readonly subSid: string }> {
  const party = await server.register(metadata);
  const { subSid } = await party.login(parameters, choices);
  return { party, subSid: text(subSid) };
}

/** The messages of a second visit with the session. */
async function visit({ party, subSid }: Awaited<ReturnType<typeof known>>, parameters: Parameters = {}) {
  return party.login(parameters, { subSid });
}

/** A server with other properties, for one test. */
async function withServer(options: TestServerOptions, run: (own: TestServer) => Promise<void>): Promise<void> {
  const own = await startTestServer({ claimsSources: [people], ...options });
  try {
    await run(own);
  } finally {
    await own.close();
  }
}

/** The first message of a request. */
function firstMessage(party: TestClient, parameters: Parameters, subSid?: string) {
  return party.start(parameters, { sub_sid: subSid ?? null });
}

describe('authentication is required', () => {
  test('not at all with a session and remembered consent', async () => {
    expect((await visit(await known())).steps).toEqual(['response']);
  });

  test('without a session, with one that has ended, and with one of another context', async () => {
    const { party, subSid } = await known();
    expect((await party.login()).steps[0]).toBe('auth');
    const created = (await server.call('POST', '/session-store/rest/v2/sessions', { sub: 'alice', ctx: 'NIA' })).body;
    expect((await visit({ party, subSid: text(created['sid']) })).steps[0]).toBe('auth');
    await server.call('DELETE', '/session-store/rest/v2/sessions', undefined, { SID: subSid });
    expect((await visit({ party, subSid })).steps[0]).toBe('auth');
  });

  test('when auth_life has elapsed', async () => {
    const session = await known({}, { authentication: { auth_life: 2, max_idle: 2 } });
    server.clock.advance(119);
    expect((await visit(session)).steps).toEqual(['response']);
    server.clock.advance(1);
    const { steps, subSid } = await visit(session);
    expect(steps).toEqual(['auth', 'response']);
    expect(subSid).not.toBe(session.subSid);
  });

  test('when max_age has elapsed, and never by a max_age in the future', async () => {
    const session = await known();
    server.clock.advance(59);
    expect((await visit(session, { max_age: '60' })).steps).toEqual(['response']);
    server.clock.advance(1);
    const { steps, subSid = '' } = await visit(session, { max_age: '60' });
    expect(steps).toEqual(['auth', 'response']);
    expect((await visit({ ...session, subSid }, { max_age: '60' })).steps).toEqual(['response']);
  });

  test('by max_age=0, as by prompt=login', async () => {
    expect((await visit(await known(), { max_age: '0' })).steps).toEqual(['auth', 'response']);
  });

  test('when the default_max_age of the client has elapsed, unless the request has its own', async () => {
    const session = await known({}, {}, { default_max_age: 10 });
    server.clock.advance(10);
    expect((await visit(session, { max_age: '100' })).steps).toEqual(['response']);
    expect((await visit(session)).steps).toEqual(['auth', 'response']);
  });

  test.each(['-1', '1.5', 'soon', '', '99999999999'])(
    'max_age %j is refused or no limit, never a failure',
    async (age) => {
      const { message, params } = await visit(await known(), { max_age: age });
      expect(message['type']).toBe('response');
      expect(params.get('error')).toBe(age === '' ? null : 'invalid_request');
      if (age !== '') expect(params.get('error_description')).not.toContain(age);
    },
  );

  test('when the session lacks the requested acr', async () => {
    const session = await known({}, { authentication: { acr: 'basic' } });
    expect((await visit(session, { acr_values: 'high basic' })).steps).toEqual(['response']);
    const message = await firstMessage(session.party, { acr_values: 'high higher' }, session.subSid);
    expect(message).toMatchObject({
      type: 'auth',
      acr: { essential: false, values: ['high', 'higher'] },
      sub_session: { sid: session.subSid, acr: 'basic' },
    });
    const stepUp = (
      await server.call('PUT', `/authz-sessions/rest/v3/${text(message['sid'])}`, {
        sub: 'alice',
        acr: 'high',
      })
    ).body;
    expect(stepUp['type']).toBe('response');
    const climbed = { ...session, subSid: text(stepUp['sub_sid']) };
    expect((await visit(climbed, { acr_values: 'high' })).steps).toEqual(['response']);
  });

  test('when an acr is essential, or asked by value, or the default of the client', async () => {
    const claims = { id_token: { acr: { essential: true, values: ['high'] } } };
    const session = await known({ acr_values: '0' }, {}, { default_acr_values: ['silver'] });
    const essential = await firstMessage(session.party, { claims: JSON.stringify(claims) }, session.subSid);
    expect(essential).toMatchObject({ type: 'auth', acr: { essential: true, values: ['high'] } });
    const value = { id_token: { acr: { value: 'gold' } } };
    const single = await firstMessage(session.party, { claims: JSON.stringify(value) }, session.subSid);
    expect(single).toMatchObject({ type: 'auth', acr: { essential: false, values: ['gold'] } });
    const byDefault = await firstMessage(session.party, {}, session.subSid);
    expect(byDefault).toMatchObject({ type: 'auth', acr: { essential: false, values: ['silver'] } });
  });

  test('when a hint or a claim names another subject', async () => {
    const session = await known();
    const hint = (await session.party.tokens({}, { sub: 'bob' })).id;
    for (const parameters of [
      { id_token_hint: hint },
      { claims: JSON.stringify({ id_token: { sub: { value: 'bob' } } }) },
    ]) {
      const message = await firstMessage(session.party, parameters, session.subSid);
      expect(message).toMatchObject({ type: 'auth', required_sub: 'bob', sub_session: { sub: 'alice' } });
      const refused = (await server.call('PUT', `/authz-sessions/rest/v3/${text(message['sid'])}`, { sub: 'alice' }))
        .body;
      expect(text(object(refused['parameters'])['uri'])).toContain('error=login_required');
    }
    const own = (await session.party.tokens({})).id;
    expect((await visit(session, { id_token_hint: own })).steps).toEqual(['response']);
  });

  test('a hint that is no ID token of this server for this client is refused', async () => {
    const session = await known();
    const other = await server.register();
    const symmetric = await server.register({ id_token_signed_response_alg: 'HS256' });
    const { body: tokens } = await session.party.tokens();
    const good = text(tokens['id_token']);
    const hints: readonly [TestClient, string][] = [
      [session.party, 'rubbish'],
      [session.party, `${good.slice(0, -8)}AAAAAAAA`],
      [session.party, text(tokens['access_token'])],
      [other, good],
      [symmetric, (await symmetric.tokens()).id],
    ];
    for (const [party, hint] of hints) {
      const { params } = await party.login({ id_token_hint: hint }, { subSid: session.subSid });
      expect(params.get('error')).toBe('invalid_request');
    }
  });

  test('an expired hint will do', async () => {
    const session = await known();
    const { id: hint } = await session.party.tokens();
    server.clock.advance(301);
    const { params } = await visit(session, { id_token_hint: text(hint), prompt: 'none' });
    expect(params.get('code')).not.toBeNull();
  });

  test.each(['login', 'select_account', 'create'])('by prompt=%s', async (prompt) => {
    const session = await known();
    const message = await firstMessage(session.party, { prompt }, session.subSid);
    expect(message).toMatchObject({
      type: 'auth',
      select_account: prompt === 'select_account',
      create_account: prompt === 'create',
    });
    expect(message).not.toHaveProperty('required_sub');
    const next = (await server.call('PUT', `/authz-sessions/rest/v3/${text(message['sid'])}`, { sub: 'alice' })).body;
    expect(next['type']).toBe('response');
  });

  test('by op.authz.alwaysPromptForAuth, without insisting on the subject', async () => {
    await withServer({ properties: { 'op.authz.alwaysPromptForAuth': 'true' } }, async (own) => {
      const party = await own.register();
      const { subSid } = await party.login();
      const message = await firstMessage(party, {}, subSid);
      expect(message).toMatchObject({ type: 'auth', sub_session: { sid: subSid } });
      expect(message).not.toHaveProperty('required_sub');
      const { params } = await party.login({ prompt: 'none' }, { subSid: text(subSid) });
      expect(params.get('error')).toBe('login_required');
    });
  });
});

describe('prompt=none', () => {
  const session = () =>
    known({ scope: 'openid email' }, { authentication: { acr: 'basic', auth_life: 3, max_idle: 3 } });

  test.each<[string, Parameters]>([
    ['max_age', { max_age: '5' }],
    ['an essential acr', { claims: JSON.stringify({ id_token: { acr: { essential: true, value: 'high' } } }) }],
    ['auth_life', {}],
    ['the subject', { claims: JSON.stringify({ id_token: { sub: { value: 'bob' } } }) }],
  ])('gives login_required for %s', async (name, parameters) => {
    const visitor = await session();
    server.clock.advance(name === 'auth_life' ? 179 : 6);
    if (name === 'auth_life') {
      await visit(visitor);
      server.clock.advance(1);
    }
    const { steps, params } = await visit(visitor, { prompt: 'none', ...parameters });
    expect(steps).toEqual(['response']);
    expect(params.get('error')).toBe('login_required');
    expect(params.get('state')).toBe('af0ifjsldkj');
    expect(params.get('iss')).toBe(server.issuer);
  });

  test('gives consent_required for new scope and new claims, and succeeds for less', async () => {
    const visitor = await session();
    for (const parameters of [{ scope: 'openid profile' }, { claims: JSON.stringify({ userinfo: { name: null } }) }]) {
      const { params } = await visit(visitor, { prompt: 'none', ...parameters });
      expect(params.get('error')).toBe('consent_required');
    }
    const { params } = await visit(visitor, { prompt: 'none', scope: 'openid' });
    expect(params.get('code')).not.toBeNull();
  });

  test('answers by the requested response mode', async () => {
    const party = await server.register();
    const { message, params } = await party.login({ prompt: 'none', response_mode: 'form_post' });
    expect(message).toMatchObject({ type: 'response', mode: 'form_post', parameters: { uri: party.redirectUri } });
    expect(params.get('error')).toBe('login_required');
  });

  test.each(['none login', 'none consent', 'login none', 'create login', 'unheard_of', 'none none'])(
    'prompt=%s is refused',
    async (prompt) => {
      const { params } = await visit(await known(), { prompt });
      expect(params.get('error')).toBe('invalid_request');
    },
  );

  test('demands a hint where op.authz.requireIDTokenHintWithPromptNone says so', async () => {
    await withServer({ properties: { 'op.authz.requireIDTokenHintWithPromptNone': 'true' } }, async (own) => {
      const party = await own.register();
      const { subSid } = await party.login();
      const bare = await party.login({ prompt: 'none' }, { subSid: text(subSid) });
      expect(bare.params.get('error')).toBe('invalid_request');
      const { id: hint } = await party.tokens();
      const hinted = await party.login({ prompt: 'none', id_token_hint: text(hint) }, { subSid: text(subSid) });
      expect(hinted.params.get('code')).not.toBeNull();
    });
  });

  test('works without openid too', async () => {
    const party = await server.register();
    const { params } = await party.login({ scope: 'read', prompt: 'none' });
    expect(params.get('error')).toBe('login_required');
  });
});

describe('consent is required', () => {
  test('for what is new, and only that is asked', async () => {
    const session = await known({ scope: 'openid email' });
    const parameters = {
      scope: 'openid email profile read',
      claims: JSON.stringify({ userinfo: { phone_number: { essential: true }, email: { essential: true } } }),
    };
    const message = await firstMessage(session.party, parameters, session.subSid);
    expect(message).toMatchObject({
      type: 'consent',
      scope: { new: ['profile', 'read'], consented: ['openid', 'email'] },
      claims: {
        new: { essential: ['phone_number'], voluntary: expect.arrayContaining(['name', 'updated_at']) },
        consented: { essential: ['email'], voluntary: ['email_verified'] },
      },
      sub_session: { sid: session.subSid },
    });
    expect((await visit(session, parameters)).steps).toEqual(['consent', 'response']);
    expect((await visit(session, parameters)).steps).toEqual(['response']);
    expect((await visit(session, { scope: 'openid read' })).steps).toEqual(['response']);
  });

  test('not again for what was declined, unless prompt=consent shows all', async () => {
    const session = await known({ scope: 'openid email' }, { consent: { scope: ['openid'], claims: ['email'] } });
    expect((await visit(session, { scope: 'openid email' })).steps).toEqual(['response']);
    const message = await firstMessage(session.party, { scope: 'openid email', prompt: 'consent' }, session.subSid);
    expect(message).toMatchObject({
      scope: { new: ['email'], consented: ['openid'] },
      claims: { new: { voluntary: ['email_verified'] }, consented: { voluntary: ['email'] } },
    });
  });

  test('each time where it is not long-lived', async () => {
    const session = await known({}, { consent: { long_lived: false } });
    expect((await visit(session)).steps).toEqual(['consent', 'response']);
  });

  test('by every client and every subject for itself', async () => {
    const session = await known();
    const other = await server.register();
    expect((await other.login({}, { subSid: session.subSid })).steps).toEqual(['consent', 'response']);
    expect((await session.party.login({}, { sub: 'bob' })).steps).toEqual(['auth', 'consent', 'response']);
    expect((await session.party.login({}, { sub: 'alice' })).steps).toEqual(['auth', 'response']);
  });

  test('claims that were consented but never requested are not remembered', async () => {
    const session = await known({ scope: 'openid' }, { consent: { scope: ['openid'], claims: ['gender'] } });
    const message = await firstMessage(
      session.party,
      { claims: JSON.stringify({ userinfo: { gender: null } }) },
      session.subSid,
    );
    expect(message).toMatchObject({ type: 'consent', claims: { new: { voluntary: ['gender'] } } });
  });

  test('by prompt=consent, and with prompt=login consent after the login', async () => {
    const session = await known();
    expect((await visit(session, { prompt: 'consent' })).steps).toEqual(['consent', 'response']);
    expect((await visit(session, { prompt: 'login consent' })).steps).toEqual(['auth', 'consent', 'response']);
    expect((await visit(session, { prompt: 'select_account consent' })).steps).toEqual(['auth', 'consent', 'response']);
  });

  test('by op.authz.alwaysPromptForConsent, for prompt=none too', async () => {
    await withServer({ properties: { 'op.authz.alwaysPromptForConsent': 'true' } }, async (own) => {
      const party = await own.register();
      const { subSid } = await party.login();
      for (const prompt of [undefined, 'none']) {
        const { steps } = await party.login({ prompt }, { subSid: text(subSid) });
        expect(steps).toEqual(['consent', 'response']);
      }
    });
  });

  test('not after a token was revoked: what was consented to stays', async () => {
    const session = await known();
    const { body: tokens } = await session.party.tokens();
    await session.party.post('/token/revoke', { token: text(tokens['refresh_token']) });
    expect((await visit(session)).steps).toEqual(['response']);
  });
});

describe('scope and claims', () => {
  test('the registered scope limits what is asked, unless op.authz.limitToRegisteredScope=false', async () => {
    const parameters = { scope: 'openid email read admin' };
    const limited = await server.register({ scope: 'openid read' });
    const { subSid } = await limited.login({ scope: 'openid' });
    const message = await firstMessage(limited, { ...parameters, prompt: 'consent' }, subSid);
    expect(message).toMatchObject({ scope: { new: ['read'], consented: ['openid'] } });
    expect(object(object(message['claims'])['new'])).toEqual({ essential: [], voluntary: [] });
    expect((await limited.tokens(parameters)).body['scope']).toBe('openid read');
    await withServer({ properties: { 'op.authz.limitToRegisteredScope': 'false' } }, async (own) => {
      const free = await own.register({ scope: 'openid read' });
      expect((await free.tokens(parameters)).body['scope']).toBe('openid email read admin');
    });
  });

  test('scope * is all that was requested, with more on top', async () => {
    const party = await server.register();
    const { body: tokens } = await party.tokens({ scope: 'openid email' }, { consent: { scope: ['*', 'extra'] } });
    expect(tokens['scope']).toBe('openid email extra');
  });

  test('claims * is all that was requested', async () => {
    const party = await server.register();
    const claims = JSON.stringify({ userinfo: { nickname: null }, id_token: { gender: null } });
    const { body: tokens } = await party.tokens({ scope: 'openid email', claims }, { consent: { claims: ['*'] } });
    const { body } = await server.userInfo(text(tokens['access_token']));
    expect(body).toEqual({
      sub: 'alice',
      email: 'alice@wonderland.net',
      email_verified: true,
      nickname: 'Ally',
    });
    expect(claimsOf(tokens['id_token'])).toMatchObject({ gender: 'female' });
  });

  test('the claims parameter leads to the ID token or to UserInfo, or to both', async () => {
    const party = await server.register();
    const claims = JSON.stringify({
      id_token: { email: null, name: { essential: true } },
      userinfo: { name: null, locale: null },
    });
    const { body: tokens } = await party.tokens({ claims });
    const idToken = claimsOf(tokens['id_token']);
    expect(idToken).toMatchObject({ email: 'alice@wonderland.net', name: 'Alice Adams' });
    expect(idToken).not.toHaveProperty('locale');
    const { body } = await server.userInfo(text(tokens['access_token']));
    expect(body).toMatchObject({ name: 'Alice Adams', locale: 'en-GB' });
    expect(body).not.toHaveProperty('email');
  });

  test('the page may put a claim into the ID token itself', async () => {
    const party = await server.register();
    const consent = { scope: ['openid', 'email'], claims: ['email', 'id_token:email_verified'] };
    const { body: tokens } = await party.tokens({ scope: 'openid email' }, { consent });
    expect(claimsOf(tokens['id_token'])).toMatchObject({ email_verified: true });
    expect((await server.userInfo(text(tokens['access_token']))).body).toEqual({
      sub: 'alice',
      email: 'alice@wonderland.net',
    });
  });

  test('scope claims stay out of the ID token', async () => {
    const party = await server.register();
    const { body: tokens } = await party.tokens({ scope: 'openid profile email phone address' });
    const known = ['iss', 'sub', 'aud', 'exp', 'iat', 'at_hash', 'c_hash'];
    expect(Object.keys(claimsOf(tokens['id_token'])).filter((name) => !known.includes(name))).toEqual([]);
    const { body } = await server.userInfo(text(tokens['access_token']));
    expect(body).toMatchObject({
      name: 'Alice Adams',
      birthdate: '1992-05-04',
      phone_number: '+359 2 555 0100',
      address: { country: 'BG' },
      email_verified: true,
    });
  });

  test('language tags are stripped in the prompt, and answered in the languages of the source', async () => {
    const party = await server.register();
    const claims = JSON.stringify({ userinfo: { 'name#bg': { essential: true }, 'email#de': null } });
    const message = await firstMessage(party, { claims, claims_locales: 'bg en' });
    const sid = text(message['sid']);
    const consent = (await server.call('PUT', `/authz-sessions/rest/v3/${sid}`, { sub: 'alice' })).body;
    expect(consent).toMatchObject({
      claims: { new: { essential: ['name'], voluntary: ['email'] } },
      claims_locales: ['bg', 'en'],
    });
    const { body: tokens } = await party.tokens(
      { claims, claims_locales: 'bg en' },
      { consent: { claims: ['name#bg'] } },
    );
    const { body } = await server.userInfo(text(tokens['access_token']));
    expect(body).toEqual({ sub: 'alice', name: 'Alice Adams', 'name#bg': 'Алис Адамс' });
  });

  test.each(['{', '[]', '"x"', '{"userinfo":[]}', '{"userinfo":{"name":1}}', '{"id_token":{"sub":{"value":1}}}'])(
    'claims=%s is refused without echo',
    async (claims) => {
      const { params } = await visit(await known(), { claims });
      expect(params.get('error')).toBe('invalid_request');
      expect(params.get('error_description')).not.toContain(claims);
    },
  );

  test('custom scope values expand by op.claims.map', async () => {
    await withServer({ properties: { 'op.claims.map.crm': 'nickname locale' } }, async (own) => {
      const party = await own.register();
      const { body: tokens } = await party.tokens({ scope: 'openid crm' });
      expect((await own.userInfo(text(tokens['access_token']))).body).toEqual({
        sub: 'alice',
        nickname: 'Ally',
        locale: 'en-GB',
      });
    });
  });
});
