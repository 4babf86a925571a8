import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoApiToken } from '../../src/demo.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import {
  type Answered,
  claimsOf,
  object,
  people,
  type RelyingParty,
  registerRelyingParty,
  text,
} from './relying-party.ts';

const base = '/authz-sessions/rest/v3';

let server: TestServer;
let party: RelyingParty;
beforeAll(async () => {
  server = await startTestServer({ claimsSources: [people] });
  party = await registerRelyingParty(server);
});
afterAll(() => server.close());

/** `POST`: the first message. */
function start(parameters: Readonly<Record<string, string | undefined>> = {}, more: object = {}): Promise<Answered> {
  return startWith(new URLSearchParams(party.query(parameters)).toString(), more);
}

async function startWith(query: unknown, more: object = {}): Promise<Answered> {
  const response = await server.api('POST', base, { query, ...more });
  expect(response.status).toBe(200);
  return object(await response.json());
}

/** `PUT` of an authentication or a consent: the next message. */
async function put(message: Answered, body: object): Promise<Answered> {
  const response = await server.api('PUT', `${base}/${text(message['sid'])}`, body);
  const answer = object(await response.json());
  if (response.status !== 200) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** A subject session for alice, whose consent to `scope=openid` is remembered. */
async function signedIn(): Promise<string> {
  const consent = await put(await start({ prompt: 'consent' }), { sub: 'alice' });
  await put(consent, { scope: ['openid'] });
  return text(object(consent['sub_session'])['sid']);
}

const uriOf = (message: Answered) => new URL(text(object(message['parameters'])['uri']));

describe('what login pages send', () => {
  test('a charset parameter of the content type is accepted', async () => {
    const query = new URLSearchParams(party.query()).toString();
    const response = await server.api('POST', base, { query }, { 'Content-Type': 'application/json;charset=UTF-8' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ type: 'auth' });
  });

  test('another content type is not', async () => {
    const response = await server.api('POST', base, { query: '' }, { 'Content-Type': 'text/plain' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
  });

  test('a leading question mark of the query is stripped', async () => {
    const message = await startWith(`?${new URLSearchParams(party.query())}`);
    expect(message['type']).toBe('auth');
  });

  test.each([
    ['null', { sub_sid: null }],
    ['empty', { sub_sid: '' }],
    ['absent', {}],
    ['stale', { sub_sid: 'WYqFXK7Q4HFnJv0hiT3Fgw.-oVkvSXgalUuMQDfEsh1lw' }],
    ['rubbish', { sub_sid: 'a b\u0000c; Path=/' }],
    ['huge', { sub_sid: 'x'.repeat(10_000) }],
    ['a number', { sub_sid: 42 }],
  ])('a sub_sid that is %s is no session', async (_name, more) => {
    expect(await start({}, more)).toMatchObject({ type: 'auth', sid: expect.any(String) });
  });

  test.each([
    ['a JSON document', '{"response_type":"code"}'],
    ['nothing', ''],
    ['separators', '&&&===&'],
    ['broken escapes', '%%%=%zz&client_id=%E0%A4%A'],
    ['control characters', 'client_id=\u0000&\u0007'],
    ['an unknown client', 'response_type=code&client_id=nobody'],
  ])('%s as query gives an error message', async (_name, query) => {
    const message = await startWith(query);
    expect(message).toMatchObject({
      type: 'error',
      error: 'invalid_request',
      error_description: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/),
    });
    expect(message).not.toHaveProperty('sid');
  });

  test('odd escapes are decoded literally', async () => {
    const message = await startWith(`${new URLSearchParams(party.query({ scope: undefined }))}&scope=openid%2020email`);
    const consent = await put(message, { sub: 'oddly' });
    expect(consent['scope']).toEqual({ new: ['openid', '20email'], consented: [] });
  });

  test('pairs with broken escapes are ignored', async () => {
    const message = await startWith(`${new URLSearchParams(party.query())}&extra=%zz&%E0%A4%A=1`);
    expect(message['type']).toBe('auth');
  });

  test.each(['?ajax=true', '?type=auth', '?type=response&ajax=true', '/'])(
    '%s after the URL is ignored',
    async (suffix) => {
      const message = await start();
      const url = `${base}/${text(message['sid'])}`;
      const answer = await server.api('PUT', `${url}${suffix}`, { sub: 'alice' });
      expect(await answer.json()).toMatchObject({ type: 'consent' });
      const last = await server.api('DELETE', `${url}${suffix}`);
      expect(await last.json()).toMatchObject({ type: 'response' });
      const started = await server.api('POST', `${base}${suffix}`, { query: '' });
      expect(await started.json()).toMatchObject({ type: 'error' });
    },
  );

  test('a bare subject and a bare consent will do', async () => {
    const consent = await put(await start({ scope: 'openid email' }), { sub: 'alice123' });
    const response = await put(consent, { scope: ['openid'], claims: [] });
    expect(response).toMatchObject({ type: 'response', mode: 'query' });
  });

  test('empty members of a consent mean none, and a lifetime of 0 no end', async () => {
    const consent = await put(await start({ scope: 'openid email' }), { sub: 'empty' });
    const response = await put(consent, {
      scope: ['openid'],
      claims: [],
      audience: [],
      preset_claims: { id_token: {}, userinfo: {} },
      refresh_token: { issue: true, lifetime: 0 },
      long_lived: true,
    });
    const { body } = await party.redeem(uriOf(response).searchParams.get('code') ?? '');
    expect(body).toMatchObject({ refresh_token: expect.any(String), scope: 'openid' });
    expect(body).not.toHaveProperty('refresh_token_expires_in');
    expect(claimsOf(body['access_token'])).not.toHaveProperty('aud');
  });

  test('an empty or null scope is legal, and gives tokens without scope', async () => {
    for (const scope of [null, []]) {
      const consent = await put(await start(), { sub: 'scopeless' });
      const response = await put(consent, { scope, long_lived: false });
      const { status, body } = await party.redeem(uriOf(response).searchParams.get('code') ?? '');
      expect(status).toBe(200);
      expect(body).not.toHaveProperty('scope');
      expect(body).not.toHaveProperty('id_token');
    }
  });

  test('lifetimes in seconds are honoured', async () => {
    const consent = await put(await start(), { sub: 'lifetimes' });
    const response = await put(consent, {
      scope: ['openid'],
      access_token: { lifetime: 77 },
      id_token: { lifetime: 88 },
    });
    const { body } = await party.redeem(uriOf(response).searchParams.get('code') ?? '');
    expect(body['expires_in']).toBe(77);
    const { iat, exp } = claimsOf(body['id_token']);
    expect(Number(exp) - Number(iat)).toBe(88);
  });

  test('they may call from another origin', async () => {
    const { sid } = await start();
    for (const path of [`${base}/${text(sid)}`, '/session-store/rest/v2/sessions']) {
      const response = await fetch(`${server.issuer}${path}`, {
        method: 'OPTIONS',
        headers: {
          Origin: 'https://login.example',
          'Access-Control-Request-Method': 'PUT',
          'Access-Control-Request-Headers': 'authorization,sid,content-type',
        },
      });
      expect(response.ok).toBe(true);
      expect(response.headers.get('access-control-allow-origin')).toBe('https://login.example');
      expect(response.headers.get('access-control-allow-methods')).toMatch(/PUT.*DELETE/);
      expect(response.headers.get('access-control-allow-headers')).toMatch(/Authorization.*Content-Type.*SID/i);
    }
    const called = await server.api('GET', `${base}/${text(sid)}`, undefined, { Origin: 'https://login.example' });
    expect(called.headers.get('access-control-allow-origin')).toBe('https://login.example');
  });
});

describe('message auth', () => {
  test('has the members of a plain request, and no other', async () => {
    expect(await start()).toEqual({
      type: 'auth',
      sid: expect.stringMatching(/^[\w-]{22}\.[\w-]{22}$/),
      display: 'page',
      select_account: false,
      create_account: false,
    });
  });

  test('tells what the request asks of the page', async () => {
    const message = await start({
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
    expect(await start({ prompt: 'create' })).toMatchObject({ create_account: true, select_account: false });
  });

  test('shows the session that does not suffice', async () => {
    const subSid = await signedIn();
    const message = await start({ prompt: 'login' }, { sub_sid: subSid });
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
      const client = await registerRelyingParty(own, { client_name: 'My app' });
      const { id_token: hint } = await client.tokens();
      const query = new URLSearchParams(client.query({ extra: 'foo', id_token_hint: text(hint) })).toString();
      const message = await own.json('POST', base, { query, data: { tab: 7 } });
      expect(message).toMatchObject({
        client: { client_id: client.id, name: 'My app' },
        request: { client_id: client.id, scope: ['openid'], extra: 'foo', id_token_hint: hint },
        data: { tab: 7 },
      });
    } finally {
      await own.close();
    }
  });
});

describe('message consent', () => {
  test('has arrays wherever pages look, and the session with what the page stored', async () => {
    const data = { name: 'Alice Adams', email: 'alice@wonderland.net', nested: [1, { a: null }] };
    const auth = await start({ scope: 'openid' });
    const consent = await put(auth, {
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
    const rich = await registerRelyingParty(server, {
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
    const consent = await put(await startWith(query), { sub: 'reader' });
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
    const client = await registerRelyingParty(server, { token_endpoint_auth_method: 'none' });
    const consent = await put(await startWith(new URLSearchParams(client.query()).toString()), { sub: 'reader' });
    expect(consent).toMatchObject({ client: { client_type: 'public' } });
  });

  test('sorts claims by how much the client wants them', async () => {
    const claims = { userinfo: { phone_number: { essential: true }, 'name#bg': null }, id_token: { gender: null } };
    const consent = await put(await start({ scope: 'openid email', claims: JSON.stringify(claims) }), {
      sub: 'sorted',
    });
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
      const client = await registerRelyingParty(own);
      const { subSid } = await client.login({ scope: 'openid email read' });
      const claims = { userinfo: { name: null } };
      const outcome = await own.json('POST', base, {
        query: new URLSearchParams(
          client.query({ claims: JSON.stringify(claims), nonce: 'n1', resource: 'https://api.example/' }),
        ).toString(),
        sub_sid: subSid,
      });
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
    const consent = await put(await start(), { sub: 'anna' });
    const response = await put(consent, { scope: ['openid'] });
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
    const fragment = await put(await put(await start({ response_mode: 'fragment' }), { sub: 'frag' }), {});
    expect(fragment).toMatchObject({ mode: 'fragment' });
    expect(uriOf(fragment).search).toBe('');
    expect(new URLSearchParams(uriOf(fragment).hash.slice(1)).get('code')).toBeTruthy();
    const form = await put(await put(await start({ response_mode: 'form_post' }), { sub: 'form' }), {});
    expect(form).toMatchObject({
      mode: 'form_post',
      parameters: {
        uri: party.redirectUri,
        form: { code: expect.any(String), state: 'af0ifjsldkj', iss: server.issuer },
      },
    });
  });

  test('a session that the browser has already is not told again', async () => {
    const subSid = await signedIn();
    const response = await start({}, { sub_sid: subSid });
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
      const client = await registerRelyingParty(own);
      const { message } = await client.login();
      expect(message).toMatchObject({ client: { client_id: client.id }, sub_session: { sub: 'alice' } });
      const query = new URLSearchParams(client.query()).toString();
      const { sid } = await own.json('POST', base, { query, data: { a: 1 } });
      const cancelled = await own.json('DELETE', `${base}/${text(sid)}`);
      expect(cancelled).toMatchObject({ type: 'response', client: { client_id: client.id }, data: { a: 1 } });
      expect(cancelled).not.toHaveProperty('sub_session');
    } finally {
      await own.close();
    }
  });

  test('custom response parameters are added, reserved ones refused', async () => {
    const consent = await put(await start(), { sub: 'params' });
    for (const name of ['code', 'state', 'iss', 'error', 'id_token']) {
      const refused = await server.api('PUT', `${base}/${text(consent['sid'])}`, { response_params: { [name]: 'x' } });
      expect(refused.status).toBe(400);
    }
    const response = await put(consent, { scope: ['openid'], response_params: { hint: 'a b' } });
    expect(uriOf(response).searchParams.get('hint')).toBe('a b');
  });
});

describe('DELETE', () => {
  test('ends the session with access_denied', async () => {
    const message = await start();
    const response = await server.api('DELETE', `${base}/${text(message['sid'])}`);
    expect(response.status).toBe(200);
    const answer = object(await response.json());
    expect(answer).toMatchObject({ type: 'response', mode: 'query' });
    const { searchParams } = uriOf(answer);
    expect(searchParams.get('error')).toBe('access_denied');
    expect(searchParams.get('state')).toBe('af0ifjsldkj');
    expect(searchParams.get('iss')).toBe(server.issuer);
    expect(searchParams.has('code')).toBe(false);
    const again = await server.api('GET', `${base}/${text(message['sid'])}`);
    expect(again.status).toBe(404);
    expect(await again.json()).toMatchObject({ error: 'invalid_session' });
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
    const { sid } = await start();
    const query = new URLSearchParams({ error, error_description: 'Because', error_uri: 'https://e.example/1' });
    const answer = await server.json('DELETE', `${base}/${text(sid)}?${query}`);
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
    const message = await start();
    const response = await server.api('DELETE', `${base}/${text(message['sid'])}?${query}`);
    expect(response.status).toBe(400);
    expect(await put(message, { sub: 'alice' })).toMatchObject({ type: expect.stringMatching(/consent|response/) });
  });

  test('knows the configured codes', async () => {
    const own = await startTestServer({ properties: { 'op.authz.customErrorCodes': 'too_young' } });
    try {
      const client = await registerRelyingParty(own);
      const query = new URLSearchParams(client.query()).toString();
      const { sid } = await own.json('POST', base, { query });
      const answer = await own.json('DELETE', `${base}/${text(sid)}?error=too_young`);
      expect(uriOf(answer).searchParams.get('error')).toBe('too_young');
    } finally {
      await own.close();
    }
  });
});

describe('the session as a resource', () => {
  test('shows the request, specified parameters by name and custom ones beside them', async () => {
    const subSid = await signedIn();
    const { id_token: hint } = await party.tokens({}, { sub: 'alice' });
    const claims = { userinfo: { name: null } };
    const message = await start(
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
    const shown = await server.json('GET', `${base}/${text(message['sid'])}`);
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
        extra: 'foobar',
      },
      sub_session: expect.objectContaining({ sid: subSid, sub: 'alice' }),
      data: { tab: 1 },
    });
  });

  test('keeps custom data, which every message repeats', async () => {
    const message = await start();
    const url = `${base}/${text(message['sid'])}/data`;
    expect(await server.json('GET', url)).toEqual({});
    expect((await server.api('PUT', url, { step: 2 })).status).toBe(204);
    expect(await server.json('GET', url)).toEqual({ step: 2 });
    const consent = await put(message, { sub: 'keeper' });
    expect(consent['data']).toEqual({ step: 2 });
    expect((await server.api('DELETE', url)).status).toBe(204);
    expect(await put(consent, {})).not.toHaveProperty('data');
  });

  test('lives for op.authz.sessionLifetime', async () => {
    const message = await start();
    const url = `${base}/${text(message['sid'])}`;
    server.clock.advance(899);
    expect((await server.api('GET', url)).status).toBe(200);
    server.clock.advance(1);
    for (const method of ['GET', 'DELETE']) expect((await server.api(method, url)).status).toBe(404);
    expect((await server.api('PUT', url, { sub: 'alice' })).status).toBe(404);
  });

  test('ends with the response', async () => {
    const consent = await put(await start(), { sub: 'ender' });
    await put(consent, {});
    expect((await server.api('GET', `${base}/${text(consent['sid'])}`)).status).toBe(404);
  });

  test.each(['x', 'g6f5K6Kf6EY11zC00errCf.64yLtg9lLANAcnXQk2xUEg', 'a.b.c', '%00', 'é'])(
    'the identifier %s is unknown',
    async (sid) => {
      const response = await server.api('GET', `${base}/${encodeURIComponent(sid)}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: 'invalid_session' });
    },
  );

  test('methods that it lacks are named', async () => {
    const response = await server.api('PATCH', base, {});
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('POST');
    const { sid } = await start();
    const one = await server.api('POST', `${base}/${text(sid)}`, {});
    expect(one.headers.get('allow')).toMatch(/GET.*PUT.*DELETE|DELETE.*GET.*PUT/);
  });

  test.each(['/authz-sessions/rest/v1', '/authz-sessions/rest/v2'])('%s is gone', async (path) => {
    expect((await server.api('POST', path, { query: '' })).status).toBe(404);
  });

  test('needs the API token', async () => {
    const call = (headers: Record<string, string>) =>
      fetch(`${server.issuer}${base}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: '{"query":""}',
      });
    const without = await call({});
    expect(without.status).toBe(401);
    expect(without.headers.get('www-authenticate')).toBe('Bearer');
    expect(await without.json()).toMatchObject({ error: 'missing_token' });
    const wrong = await call({ Authorization: 'Bearer ztucZS1ZyFKgh0tUEruUtiSTXhnexmd7' });
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect((await call({ Authorization: `Bearer ${demoApiToken}` })).status).toBe(200);
  });

  test('is never cached', async () => {
    const response = await server.api('POST', base, { query: '' });
    expect(response.headers.get('cache-control')).toContain('no-store');
    expect(response.headers.get('pragma')).toBe('no-cache');
  });
});

describe('PUT', () => {
  test('a consent before the authentication is refused, and the session goes on', async () => {
    const message = await start();
    const response = await server.api('PUT', `${base}/${text(message['sid'])}`, { scope: ['openid'] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    expect(await put(message, { sub: 'late' })).toMatchObject({ type: 'consent' });
  });

  test.each([[{ sub: null }], [{ sub: '' }], [{ sub: 7 }], [{ sub: 'x'.repeat(256) }], [{ sub: 'a', amr: 'pwd' }]])(
    'the authentication %j is refused',
    async (body) => {
      const { sid } = await start();
      expect((await server.api('PUT', `${base}/${text(sid)}`, body)).status).toBe(400);
    },
  );

  test.each([
    [{ scope: 'openid' }],
    [{ claims: { email: true } }],
    [{ access_token: { lifetime: -1 } }],
    [{ long_lived: 'yes' }],
  ])('the consent %j is refused, and the session goes on', async (body) => {
    const consent = await put(await start(), { sub: 'picky' });
    expect((await server.api('PUT', `${base}/${text(consent['sid'])}`, body)).status).toBe(400);
    expect(await put(consent, { long_lived: false })).toMatchObject({ type: 'response' });
  });

  test('another user may sign in at the consent screen: the first session is closed', async () => {
    const first = await put(await start(), { sub: 'first' });
    const second = await put(first, { sub: 'second' });
    expect(second).toMatchObject({ type: 'consent', sid: first['sid'], sub_session: { sub: 'second' } });
    const old = text(object(first['sub_session'])['sid']);
    const gone = await server.api('GET', '/session-store/rest/v2/sessions', undefined, { SID: old });
    expect(gone.status).toBe(404);
    const response = await put(second, {});
    expect(response['sub_sid']).toBe(object(second['sub_session'])['sid']);
  });

  test('the same user signing in again keeps the session, which is updated', async () => {
    const subSid = await signedIn();
    server.clock.advance(100);
    const message = await start({ prompt: 'login consent' }, { sub_sid: subSid });
    const consent = await put(message, { sub: 'alice', acr: '2', amr: ['otp'], data: { a: 1 } });
    expect(consent['sub_session']).toMatchObject({
      sid: subSid,
      auth_time: server.clock.now(),
      creation_time: server.clock.now() - 100,
      acr: '2',
      amr: ['otp'],
      data: { a: 1 },
      rps: [party.id],
    });
  });

  test('of concurrent consents one wins, and there is one code', async () => {
    const consent = await put(await start(), { sub: 'racer' });
    const url = `${base}/${text(consent['sid'])}`;
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.api('PUT', url, { scope: ['openid'] })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status } of answers) expect([200, 400, 404, 409]).toContain(status);
  });

  test('of concurrent authentications one wins', async () => {
    const { sid } = await start();
    const bodies = Array.from({ length: 10 }, (_, i) => ({ sub: `racer-${i}` }));
    const answers = await Promise.all(bodies.map((body) => server.api('PUT', `${base}/${text(sid)}`, body)));
    const won = answers.filter(({ status }) => status === 200);
    expect(won.length).toBeGreaterThanOrEqual(1);
    const left = await Promise.all(
      bodies.map(async ({ sub }) => (await server.api('GET', `/session-store/rest/v2/sessions?subject=${sub}`)).json()),
    );
    // Losers leave no sessions behind that nobody holds.
    expect(left.flat()).toHaveLength(1);
  });
});
