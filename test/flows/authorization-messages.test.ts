import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

describe('message auth', () => {
  test('has the members of a plain request, and no other', async () => {
    expect(await party.start()).toEqual({
      type: 'auth',
      sid: expect.stringMatching(/^[\w-]{22}\.[\w-]{22}$/),
      display: 'page',
      select_account: false,
      create_account: false,
    });
  });

  test('tells what the request asks of the page', async () => {
    const message = await party.start({
      display: 'popup',
      login_hint: 'alice@wonderland.net',
      ui_locales: 'bg en-GB',
      acr_values: '1 2',
      prompt: 'select_account',
    });
    expect(message).toMatchObject({
      display: 'popup',
      select_account: true,
      create_account: false,
      login_hint: 'alice@wonderland.net',
      ui_locales: ['bg', 'en-GB'],
      acr: { essential: false, values: ['1', '2'] },
    });
    expect(await party.start({ prompt: 'create' })).toMatchObject({ create_account: true, select_account: false });
  });

  test('shows the session that does not suffice', async () => {
    const subSid = await party.signedIn();
    const message = await party.start({ prompt: 'login' }, { sub_sid: subSid });
    expect(message).toMatchObject({ type: 'auth', sub_session: { sid: subSid, sub: 'alice', ctx: 'web' } });
  });

  test('has client, request parameters and data where they are ordered', async () => {
    const own = await startTestServer({
      properties: {
        'op.authz.includeClientInfoInAuthPrompt': 'true',
        'op.authz.requestParamsInAuthPrompt': 'client_id scope id_token_hint extra',
      },
    });
    try {
      const client = await own.register({ client_name: 'My app' });
      const { id: hint } = await client.tokens();
      const query = new URLSearchParams(client.query({ extra: 'foo', id_token_hint: text(hint) })).toString();
      const message = (await own.call('POST', sessionsPath, { query, data: { tab: 7 } })).body;
      expect(message).toMatchObject({
        client: { client_id: client.id, name: 'My app' },
        request: { client_id: client.id, scope: ['openid'], extra: 'foo', id_token_hint: hint },
        data: { tab: 7 },
      });
      const session = (await own.call('GET', `${sessionsPath}/${text(message['sid'])}`)).body;
      expect(session['auth_req']).toMatchObject({ extra: 'foo' });
    } finally {
      await own.close();
    }
  });
});

describe('message consent', () => {
  test('has arrays wherever pages look, and the session with what the page stored', async () => {
    const data = { name: 'Alice Adams', email: 'alice@wonderland.net', nested: [1, { a: null }] };
    const auth = await party.start({ scope: 'openid' });
    const consent = await server.page.put(auth, {
      sub: 'fresh',
      acr: 'http://loa.c2id.com/basic',
      amr: ['pwd'],
      claims: { login_ip: '10.20.30.40' },
      data,
    });
    const now = server.clock.now();
    expect(consent).toEqual({
      type: 'consent',
      sid: auth['sid'],
      display: 'page',
      sub_session: {
        sid: expect.stringMatching(/^[\w-]{22}\.[\w-]{22}$/),
        sub: 'fresh',
        ctx: 'web',
        acr: 'http://loa.c2id.com/basic',
        amr: ['pwd'],
        auth_time: now,
        creation_time: now,
        max_life: 259_200,
        auth_life: 43_200,
        max_idle: 14_400,
        claims: { login_ip: '10.20.30.40' },
        data,
      },
      client: { client_id: party.id, client_type: 'confidential', application_type: 'web' },
      scope: { new: ['openid'], consented: [] },
      claims: {
        new: { essential: [], voluntary: [] },
        consented: { essential: [], voluntary: [] },
      },
    });
  });

  test('describes the client under short names, in the language of the user', async () => {
    const rich = await server.register({
      client_name: 'My app',
      'client_name#bg': 'Моето приложение',
      client_uri: 'https://rp.example/',
      logo_uri: 'https://rp.example/logo.png',
      policy_uri: 'https://rp.example/policy',
      tos_uri: 'https://rp.example/terms',
      contacts: ['admin@rp.example'],
      software_id: 's-1',
      data: { tier: 'gold' },
    });
    const query = new URLSearchParams(rich.query({ ui_locales: 'bg-BG en' })).toString();
    const consent = await server.page.put(await server.page.start(query), { sub: 'reader' });
    expect(consent).toMatchObject({
      client: {
        client_id: rich.id,
        client_type: 'confidential',
        name: 'Моето приложение',
        'name#bg': 'Моето приложение',
        uri: 'https://rp.example/',
        logo_uri: 'https://rp.example/logo.png',
        policy_uri: 'https://rp.example/policy',
        tos_uri: 'https://rp.example/terms',
        contacts: ['admin@rp.example'],
        software_id: 's-1',
        data: { tier: 'gold' },
      },
      ui_locales: ['bg-BG', 'en'],
    });
    expect(consent['client']).not.toHaveProperty('client_name');
    expect(JSON.stringify(consent)).not.toContain(rich.secret);
  });

  test('a public client is called so', async () => {
    const client = await server.register({ token_endpoint_auth_method: 'none' });
    const consent = await server.page.put(await server.page.start(new URLSearchParams(client.query()).toString()), {
      sub: 'reader',
    });
    expect(consent).toMatchObject({ client: { client_type: 'public' } });
  });

  test('sorts claims by how much the client wants them', async () => {
    const claims = { userinfo: { phone_number: { essential: true }, 'name#bg': null }, id_token: { gender: null } };
    const consent = await server.page.put(
      await party.start({ scope: 'openid email', claims: JSON.stringify(claims) }),
      {
        sub: 'sorted',
      },
    );
    const { essential, voluntary } = { essential: ['phone_number'], voluntary: expect.any(Array) };
    expect(consent['claims']).toMatchObject({ new: { essential, voluntary } });
    const asked = object(object(consent['claims'])['new'])['voluntary'];
    expect(asked).toEqual(expect.arrayContaining(['email', 'email_verified', 'name', 'gender']));
    expect(asked).toHaveLength(4);
  });

  test('has the raw claims request, request parameters and what else was consented where they are ordered', async () => {
    const own = await startTestServer({
      properties: {
        'op.authz.includeRawClaimsRequestInPrompt': 'true',
        'op.authz.requestParamsInConsentPrompt': 'nonce resource',
        'op.authz.includeOtherConsentedScopeAndClaimsInPrompt': 'true',
      },
    });
    try {
      const client = await own.register();
      const { subSid } = await client.login({ scope: 'openid email read' });
      const claims = { userinfo: { name: null } };
      const outcome = (
        await own.call('POST', sessionsPath, {
          query: new URLSearchParams(
            client.query({ claims: JSON.stringify(claims), nonce: 'n1', resource: 'https://api.example/' }),
          ).toString(),
          sub_sid: subSid,
        })
      ).body;
      expect(outcome).toMatchObject({
        type: 'consent',
        scope: { new: [], consented: ['openid'], other_consented: expect.arrayContaining(['email', 'read']) },
        claims: {
          new: { voluntary: ['name'] },
          raw_request: claims,
          other_consented: ['email', 'email_verified'],
        },
        request: { nonce: 'n1', resource: ['https://api.example/'] },
      });
    } finally {
      await own.close();
    }
  });
});

describe('message response', () => {
  test('query: the complete URI with code, state and iss, and the session for the cookie', async () => {
    const consent = await server.page.put(await party.start(), { sub: 'anna' });
    const response = await server.page.put(consent, { scope: ['openid'] });
    expect(response).toEqual({
      type: 'response',
      mode: 'query',
      parameters: { uri: expect.any(String) },
      sub_sid: object(consent['sub_session'])['sid'],
    });
    const { origin, pathname, searchParams } = uriOf(response);
    expect(`${origin}${pathname}`).toBe(party.redirectUri);
    expect([...searchParams.keys()].sort()).toEqual(['code', 'iss', 'state']);
    expect(searchParams.get('iss')).toBe(server.issuer);
    expect(searchParams.get('state')).toBe('af0ifjsldkj');
  });

  test('fragment and form_post have their own places', async () => {
    const fragment = await server.page.put(
      await server.page.put(await party.start({ response_mode: 'fragment' }), { sub: 'frag' }),
      {},
    );
    expect(fragment).toMatchObject({ mode: 'fragment' });
    expect(uriOf(fragment).search).toBe('');
    expect(new URLSearchParams(uriOf(fragment).hash.slice(1)).get('code')).toBeTruthy();
    const form = await server.page.put(
      await server.page.put(await party.start({ response_mode: 'form_post' }), { sub: 'form' }),
      {},
    );
    expect(form).toMatchObject({
      mode: 'form_post',
      parameters: {
        uri: party.redirectUri,
        form: { code: expect.any(String), state: 'af0ifjsldkj', iss: server.issuer },
      },
    });
  });

  test('a session that the browser has already is not told again', async () => {
    const subSid = await party.signedIn();
    const response = await party.start({}, { sub_sid: subSid });
    expect(response).toMatchObject({ type: 'response' });
    expect(response).not.toHaveProperty('sub_sid');
  });

  test('accompanied by client, session and data where that is ordered', async () => {
    const own = await startTestServer({
      properties: {
        'op.authz.includeClientInfoInFinalResponse': 'true',
        'op.authz.includeSubjectSessionInFinalResponse': 'true',
      },
    });
    try {
      const client = await own.register();
      const { message } = await client.login();
      expect(message).toMatchObject({ client: { client_id: client.id }, sub_session: { sub: 'alice' } });
      const query = new URLSearchParams(client.query()).toString();
      const { sid } = (await own.call('POST', sessionsPath, { query, data: { a: 1 } })).body;
      const cancelled = (await own.call('DELETE', `${sessionsPath}/${text(sid)}`)).body;
      expect(cancelled).toMatchObject({ type: 'response', client: { client_id: client.id }, data: { a: 1 } });
      expect(cancelled).not.toHaveProperty('sub_session');
    } finally {
      await own.close();
    }
  });

  test('custom response parameters are added, reserved ones refused', async () => {
    const consent = await server.page.put(await party.start(), { sub: 'params' });
    for (const name of ['code', 'state', 'iss', 'error', 'id_token']) {
      const refused = await server.call('PUT', `${sessionsPath}/${text(consent['sid'])}`, {
        response_params: { [name]: 'x' },
      });
      expect(refused.status).toBe(400);
    }
    const response = await server.page.put(consent, { scope: ['openid'], response_params: { hint: 'a b' } });
    expect(uriOf(response).searchParams.get('hint')).toBe('a b');
  });
});

describe('message error', () => {
  test('is shown as the request wanted its pages', async () => {
    expect(await party.start({ client_id: 'nobody', display: 'popup', ui_locales: 'bg en' })).toEqual({
      type: 'error',
      error: 'invalid_request',
      error_description: expect.any(String),
      display: 'popup',
      ui_locales: ['bg', 'en'],
    });
    const plain = await party.start({ client_id: 'nobody', display: '<script>' });
    expect(Object.keys(plain).sort()).toEqual(['error', 'error_description', 'type']);
  });
});
