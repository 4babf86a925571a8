import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { claimsOf } from '../../src/testing/caller/jwt.ts';
import { sessionsPath, uriOf } from '../../src/testing/caller/login-page.ts';
import { text } from '../../src/testing/caller/values.ts';
import { people } from '../../src/testing/people.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let party: TestClient;
beforeAll(async () => {
  server = await startTestServer({ claimsSources: [people] });
  party = await server.register();
});
afterAll(() => server.close());

describe('what login pages send', () => {
  test('a charset parameter of the content type is accepted', async () => {
    const query = new URLSearchParams(party.query()).toString();
    const response = await server.call(
      'POST',
      sessionsPath,
      { query },
      { 'Content-Type': 'application/json;charset=UTF-8' },
    );
    expect(response.status).toBe(200);
    expect(response.json).toMatchObject({ type: 'auth' });
  });

  test('another content type is not', async () => {
    const response = await server.call('POST', sessionsPath, { query: '' }, { 'Content-Type': 'text/plain' });
    expect(response.status).toBe(400);
    expect(response.json).toMatchObject({ error: 'invalid_request' });
  });

  test('a leading question mark of the query is stripped', async () => {
    const message = await server.page.start(`?${new URLSearchParams(party.query())}`);
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
    expect(await party.start({}, more)).toMatchObject({ type: 'auth', sid: expect.any(String) });
  });

  test.each([
    ['a JSON document', '{"response_type":"code"}'],
    ['nothing', ''],
    ['separators', '&&&===&'],
    ['broken escapes', '%%%=%zz&client_id=%E0%A4%A'],
    ['control characters', 'client_id=\u0000&\u0007'],
    ['an unknown client', 'response_type=code&client_id=nobody'],
  ])('%s as query gives an error message', async (_name, query) => {
    const message = await server.page.start(query);
    expect(message).toMatchObject({
      type: 'error',
      error: 'invalid_request',
      error_description: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/),
    });
    expect(message).not.toHaveProperty('sid');
  });

  test('odd escapes are decoded literally', async () => {
    const message = await server.page.start(
      `${new URLSearchParams(party.query({ scope: undefined }))}&scope=openid%2020email`,
    );
    const consent = await server.page.put(message, { sub: 'oddly' });
    expect(consent['scope']).toEqual({ new: ['openid', '20email'], consented: [] });
  });

  test('pairs with broken escapes are ignored', async () => {
    const message = await server.page.start(`${new URLSearchParams(party.query())}&extra=%zz&%E0%A4%A=1`);
    expect(message['type']).toBe('auth');
  });

  test.each(['?ajax=true', '?type=auth', '?type=response&ajax=true', '/'])(
    '%s after the URL is ignored',
    async (suffix) => {
      const message = await party.start();
      const url = `${sessionsPath}/${text(message['sid'])}`;
      const answer = await server.call('PUT', `${url}${suffix}`, { sub: 'alice' });
      expect(answer.json).toMatchObject({ type: 'consent' });
      const last = await server.call('DELETE', `${url}${suffix}`);
      expect(last.json).toMatchObject({ type: 'response' });
      const started = await server.call('POST', `${sessionsPath}${suffix}`, { query: '' });
      expect(started.json).toMatchObject({ type: 'error' });
    },
  );

  test('a bare subject and a bare consent will do', async () => {
    const consent = await server.page.put(await party.start({ scope: 'openid email' }), { sub: 'alice123' });
    const response = await server.page.put(consent, { scope: ['openid'], claims: [] });
    expect(response).toMatchObject({ type: 'response', mode: 'query' });
  });

  test('empty members of a consent mean none, and a lifetime of 0 no end', async () => {
    const consent = await server.page.put(await party.start({ scope: 'openid email' }), { sub: 'empty' });
    const response = await server.page.put(consent, {
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
      const consent = await server.page.put(await party.start(), { sub: 'scopeless' });
      const response = await server.page.put(consent, { scope, long_lived: false });
      const { status, body } = await party.redeem(uriOf(response).searchParams.get('code') ?? '');
      expect(status).toBe(200);
      expect(body).not.toHaveProperty('scope');
      expect(body).not.toHaveProperty('id_token');
    }
  });

  test('lifetimes in seconds are honoured', async () => {
    const consent = await server.page.put(await party.start(), { sub: 'lifetimes' });
    const response = await server.page.put(consent, {
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
    const { sid } = await party.start();
    for (const path of [`${sessionsPath}/${text(sid)}`, '/session-store/rest/v2/sessions']) {
      const response = await server.send(path, {
        method: 'OPTIONS',
        headers: {
          Origin: 'https://login.example',
          'Access-Control-Request-Method': 'PUT',
          'Access-Control-Request-Headers': 'authorization,sid,content-type',
        },
      });
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-allow-methods')).toMatch(/PUT.*DELETE/);
      expect(response.headers.get('access-control-allow-headers')).toMatch(/Authorization.*Content-Type.*SID/i);
    }
    const called = await server.call('GET', `${sessionsPath}/${text(sid)}`, undefined, {
      Origin: 'https://login.example',
    });
    expect(called.headers.get('access-control-allow-origin')).toBe('*');
  });
});
