import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClaimsSource } from '../../src/ports/claims-source.ts';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { claimsOf } from '../../src/testing/caller/jwt.ts';
import type { LoginChoices, Parameters } from '../../src/testing/caller/login-page.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { onEveryStore } from '../support/every-store.ts';

const [a, b, c] = ['https://a.example/', 'https://b.example/', 'https://c.example/'];

const everybody: ClaimsSource = {
  name: 'everybody',
  supportedClaims: ['*'],
  getClaims: async (sub, names) => ({ sub, ...Object.fromEntries(names.map((name) => [name, `${name} of ${sub}`])) }),
};

onEveryStore((open) => {
  let server: TestServer;
  let storage: Storage;
  let client: TestClient;
  let machine: TestClient;
  beforeAll(async () => {
    const clock = createFakeClock();
    storage = await open(clock);
    server = await startTestServer({ clock, storage, claimsSources: [everybody] });
    client = await server.register(versatile);
    machine = await server.register({ grant_types: ['client_credentials'], scope: 'read', resources: [a, b] });
  });
  afterAll(async () => {
    await server.close();
    await storage.close();
  });

  let people = 0;
  /** A new subject in a browser of its own, with what it does there. */
  async function newcomer(parameters: Parameters, consent: object = {}) {
    const sub = `newcomer-${++people}`;
    const { subSid = '', code } = await client.authorize(parameters, { sub, consent });
    const tokens = await client.redeem(code);
    const visit = (more: Parameters, choices: LoginChoices = {}) => client.login(more, { sub, subSid, ...choices });
    return {
      sub,
      tokens,
      visit,
      /** The error or `code` that a silent request ends with. */
      async silently(more: Parameters) {
        const { params } = await visit({ ...more, prompt: 'none' });
        return params.get('error') ?? (params.has('code') ? 'code' : 'nothing');
      },
      /** The tokens of a request that is answered with this consent, if it is asked for one. */
      async asked(more: Parameters, answer: object = {}) {
        const { params } = await visit(more, { consent: answer });
        return client.redeem(params.get('code') ?? '');
      },
      /** The first message of a request. */
      message: (more: Parameters) => client.start(more, { sub_sid: subSid }),
    };
  }
  const userInfo = async (access: string) => Object.keys((await server.userInfo(access)).body).sort();

  describe('a smaller request', () => {
    test.each([undefined, 'openid'])(
      'of scope %s leaves earlier grants their scope, and never grows itself',
      async (scope) => {
        const she = await newcomer({ scope: 'openid email read' });
        const { params } = await she.visit({ scope });
        const small = await client.redeem(params.get('code') ?? '');
        const refreshed = await client.refresh(she.tokens.refresh);
        expect(refreshed.body['scope']).toBe('openid email read');
        expect(await userInfo(refreshed.access)).toEqual(['email', 'email_verified', 'sub']);
        expect((await client.refresh(small.refresh)).body['scope']).toBe(scope);
        expect(verdict(await client.refresh(small.refresh, { scope: 'openid email' }))).toEqual([400, 'invalid_scope']);
      },
    );
  });

  describe('what was consented to and is left out later', () => {
    test('is asked again, and taken back from refreshes of earlier grants', async () => {
      const she = await newcomer({ scope: 'openid email' });
      expect(await she.silently({ scope: 'openid email' })).toBe('code');
      const kept = await she.asked({ scope: 'openid email', prompt: 'consent' }, { scope: ['openid'], claims: [] });
      expect(kept.body['scope']).toBe('openid');
      expect(await userInfo(kept.access)).toEqual(['sub']);
      const refreshed = await client.refresh(she.tokens.refresh);
      expect(refreshed.body['scope']).toBe('openid');
      expect(await userInfo(refreshed.access)).toEqual(['sub']);
      // Declined, it is neither given nor asked for; prompt=consent shows it.
      expect(await she.silently({ scope: 'openid email' })).toBe('code');
      const message = await she.message({ scope: 'openid email', prompt: 'consent' });
      expect(message).toMatchObject({ scope: { new: ['email'], consented: ['openid'] } });
    });

    test('comes back for earlier grants too when it is given anew', async () => {
      const she = await newcomer({ scope: 'openid email read' });
      await she.asked({ scope: 'openid email read', prompt: 'consent' }, { scope: ['openid', 'email'], claims: ['*'] });
      expect((await client.refresh(she.tokens.refresh)).body['scope']).toBe('openid email');
      await she.asked({ scope: 'openid read', prompt: 'consent' });
      expect((await client.refresh(she.tokens.refresh)).body['scope']).toBe('openid email read');
    });

    test('is taken back also by an answer that is not remembered, and from grants that are not', async () => {
      const consent = { long_lived: false, refresh_token: { issue: true } };
      const she = await newcomer({ scope: 'openid email' });
      const transient = await she.asked({ scope: 'openid email', prompt: 'consent' }, consent);
      await she.asked({ scope: 'openid email', prompt: 'consent' }, { ...consent, scope: ['openid'], claims: [] });
      for (const { refresh } of [she.tokens, transient]) {
        expect((await client.refresh(refresh)).body['scope']).toBe('openid');
      }
    });

    test('of the resources leaves no token for everybody: the grant yields nothing more', async () => {
      const she = await newcomer({ scope: 'openid', resource: a });
      await she.asked({ scope: 'openid', resource: a, prompt: 'consent' }, { audience: [] });
      expect(verdict(await client.refresh(she.tokens.refresh))).toEqual([400, 'invalid_grant']);
    });
  });

  describe('a refusal is remembered', () => {
    const claims = JSON.stringify({ userinfo: { nickname: null, birthdate: null } });

    test('of a voluntary claim: the page is not shown again, and prompt=none works', async () => {
      const she = await newcomer({ scope: 'openid', claims }, { scope: ['openid'], claims: ['nickname'] });
      expect((await she.visit({ scope: 'openid', claims })).steps).toEqual(['response']);
      expect(await she.silently({ scope: 'openid', claims })).toBe('code');
      const { params } = await she.visit({ scope: 'openid', claims });
      expect(await userInfo((await client.redeem(params.get('code') ?? '')).access)).toEqual(['nickname', 'sub']);
    });

    test('and only what is new is asked, unless prompt=consent asks for all', async () => {
      const she = await newcomer({ scope: 'openid email', claims }, { scope: ['openid'], claims: ['nickname'] });
      const more = JSON.stringify({ userinfo: { nickname: null, birthdate: null, gender: null } });
      expect(await she.silently({ scope: 'openid email', claims: more })).toBe('consent_required');
      const message = await she.message({ scope: 'openid email', claims: more });
      expect(message).toMatchObject({
        type: 'consent',
        scope: { new: [], consented: ['openid'] },
        claims: { new: { voluntary: ['gender'] }, consented: { voluntary: ['nickname'] } },
      });
      const all = await she.message({ scope: 'openid email', claims: more, prompt: 'consent' });
      expect(all).toMatchObject({
        scope: { new: ['email'], consented: ['openid'] },
        claims: { new: { voluntary: ['email', 'email_verified', 'birthdate', 'gender'] } },
      });
    });

    test('and all that was shown does not give what was not', async () => {
      const she = await newcomer({ scope: 'openid email' }, { scope: ['openid'], claims: [] });
      const tokens = await she.asked({ scope: 'openid email read' }, { scope: ['*'], claims: ['*'] });
      expect(tokens.body['scope']).toBe('openid read');
      expect(await userInfo(tokens.access)).toEqual(['sub']);
    });

    test('until it is taken back', async () => {
      const she = await newcomer({ scope: 'openid email' }, { scope: ['openid'], claims: [] });
      await she.asked({ scope: 'openid email', prompt: 'consent' });
      const { params } = await she.visit({ scope: 'openid email' });
      const tokens = await client.redeem(params.get('code') ?? '');
      expect(tokens.body['scope']).toBe('openid email');
      expect(await userInfo((await client.refresh(tokens.refresh)).access)).toEqual(['email', 'email_verified', 'sub']);
    });

    test('but no refusal of everything: who declines to go on has answered nothing', async () => {
      const she = await newcomer({ scope: 'openid' });
      const message = await she.message({ scope: 'openid email' });
      await server.call('DELETE', `/authz-sessions/rest/v3/${String(message['sid'])}`);
      expect(await she.silently({ scope: 'openid email' })).toBe('consent_required');
    });
  });

  describe('the audience', () => {
    test('is consented, remembered and granted like scope', async () => {
      const she = await newcomer({ scope: 'openid', resource: a });
      expect(claimsOf(she.tokens.access)['aud']).toEqual([a]);
      expect(await she.silently({ scope: 'openid', resource: a })).toBe('code');
      expect(await she.silently({ scope: 'openid', resource: b })).toBe('consent_required');
      const message = await she.message({ scope: 'openid', resource: b });
      expect(message).toMatchObject({ type: 'consent', resource: { new: [b], consented: [] } });
      const second = await she.asked({ scope: 'openid', resource: b });
      expect(claimsOf(second.access)['aud']).toEqual([b]);
      expect(claimsOf((await client.refresh(she.tokens.refresh)).access)['aud']).toEqual([a]);
      expect(await she.silently({ scope: 'openid', resource: a })).toBe('code');
    });

    test('is not in a prompt that is not about it', async () => {
      const she = await newcomer({ scope: 'openid' });
      expect(await she.message({ scope: 'openid read', prompt: 'consent' })).not.toHaveProperty('resource');
    });

    test('can be declined in part, and the page can order more, which silent requests get too', async () => {
      const she = await newcomer({ scope: 'openid', resource: a }, { audience: [a, c] });
      expect(claimsOf(she.tokens.access)['aud']).toEqual([a, c]);
      const { params } = await she.visit({ scope: 'openid', resource: a, prompt: 'none' });
      const silent = await client.redeem(params.get('code') ?? '');
      expect(claimsOf(silent.access)['aud']).toEqual([a, c]);
    });

    test('narrows at the token endpoint, and never grows there', async () => {
      const query = `${new URLSearchParams(client.query({ scope: 'openid' }))}&resource=${a}&resource=${b}`;
      const login = async () => {
        const { params } = await server.page.login(query, { sub: 'narrow' });
        return params.get('code') ?? '';
      };
      const narrowed = await client.redeem(await login(), { resource: b });
      expect(claimsOf(narrowed.access)['aud']).toEqual([b]);
      expect(claimsOf((await client.refresh(narrowed.refresh)).access)['aud']).toEqual([a, b]);
      expect(claimsOf((await client.refresh(narrowed.refresh, { resource: a })).access)['aud']).toEqual([a]);
      for (const resource of [c, 'relative', `${a}#fragment`]) {
        expect(verdict(await client.refresh(narrowed.refresh, { resource }))).toEqual([400, 'invalid_target']);
        expect(verdict(await client.redeem(await login(), { resource }))).toEqual([400, 'invalid_target']);
      }
    });

    test('of a client for itself is among its registered resources', async () => {
      const token = (resource: string, by = machine) => by.token({ grant_type: 'client_credentials', resource });
      expect(claimsOf((await token(a)).access)['aud']).toEqual([a]);
      expect(verdict(await token(c))).toEqual([400, 'invalid_target']);
      expect(verdict(await token(`${a} ${c}`))).toEqual([400, 'invalid_target']);
      const unregistered = await server.register({ grant_types: ['client_credentials'], scope: 'read' });
      expect(verdict(await token(a, unregistered))).toEqual([400, 'invalid_target']);
    });

    test('of a client with registered resources is among them for users as well', async () => {
      const limited = await server.register({ ...versatile, resources: [a] });
      const choices = { sub: 'limited' };
      expect((await limited.login({ resource: b }, choices)).params.get('error')).toBe('invalid_target');
      expect((await limited.login({ resource: a }, choices)).params.has('code')).toBe(true);
    });
  });

  test('claims follow a refresh that is narrowed, and come back with the next', async () => {
    const she = await newcomer({ scope: 'openid email' });
    const narrowed = await client.refresh(she.tokens.refresh, { scope: 'openid' });
    expect(narrowed.body['scope']).toBe('openid');
    expect(await userInfo(narrowed.access)).toEqual(['sub']);
    expect(await userInfo((await client.refresh(she.tokens.refresh)).access)).toEqual([
      'email',
      'email_verified',
      'sub',
    ]);
  });

  test('no client writes the control words of the login page', async () => {
    const she = await newcomer({ scope: 'openid' });
    for (const scope of ['openid *', 'openid id_token:email', 'openid access_token:email', 'openid verified:x']) {
      expect(await she.silently({ scope })).toBe('invalid_scope');
      const registration = await server.call('POST', '/clients', { ...versatile, scope });
      expect(verdict(registration)).toEqual([400, 'invalid_client_metadata']);
    }
    for (const name of [
      '*',
      'access_token:email',
      'access_token:dat:phone_number',
      'id_token:email',
      'verified:name',
    ]) {
      const claims = JSON.stringify({ userinfo: { [name]: null } });
      expect(await she.silently({ scope: 'openid', claims })).toBe('invalid_request');
    }
  });
});

describe('free resources', () => {
  test('where the operator says so, a client asks for itself for any resource', async () => {
    const server = await startTestServer({ properties: { 'op.token.allowUnregisteredResources': 'true' } });
    try {
      const client = await server.register({ grant_types: ['client_credentials'], scope: 'read' });
      const answer = await client.token({ grant_type: 'client_credentials', resource: c });
      expect(claimsOf(answer.access)['aud']).toEqual([c]);
    } finally {
      await server.close();
    }
  });

  test('a client registers resources with privilege only, and may give them up by itself', async () => {
    const server = await startTestServer({ properties: { 'op.reg.allowOpenRegistration': 'true' } });
    try {
      const open = await server.post('/clients', {});
      expect(open.status).toBe(400);
      const client = await server.register({ ...versatile, resources: [a, b] });
      const path = `/clients/${client.id}`;
      let token = client.registrationToken;
      const put = async (resources: unknown) => {
        const body = { ...versatile, client_id: client.id, resources };
        const answer = await server.bearing(token).call('PUT', path, body);
        token = String(answer.body['registration_access_token'] ?? token);
        return answer;
      };
      expect((await server.bearing(token).call('GET', path)).body['resources']).toEqual([a, b]);
      expect(verdict(await put([a, b, c]))).toEqual([400, 'invalid_client_metadata']);
      expect((await put([a])).body['resources']).toEqual([a]);
      expect((await put(undefined)).body['resources']).toEqual([a]);
      for (const wrong of ['https://a.example/', [''], ['relative'], [`${a}#f`], [1], Array(21).fill(a)]) {
        const answer = await server.call('POST', '/clients', { ...versatile, resources: wrong });
        expect(verdict(answer)).toEqual([400, 'invalid_client_metadata']);
      }
    } finally {
      await server.close();
    }
  });
});
