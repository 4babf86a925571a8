import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { claimsOf } from '../../src/testing/caller/jwt.ts';
import { people } from '../../src/testing/people.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/** Words that say something in a consent of the login page, and must say nothing where a client writes them. */
const words = ['*', 'id_token:email', 'access_token:email', 'access_token:uip:email', 'access_token:dat:email'];

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register(versatile);
});
afterAll(() => server.close());

const machine = { grant_types: ['client_credentials'], scope: 'read' };

describe.each([...words, 'verified:email'])('the control word %s', (word) => {
  test('is no scope value of a request, a registration, or a refresh', async () => {
    expect((await client.login({ scope: `openid ${word}` })).params.get('error')).toBe('invalid_scope');
    const registration = await server.call('POST', '/clients', { ...versatile, scope: `openid ${word}` });
    expect(verdict(registration)).toEqual([400, 'invalid_client_metadata']);
    const { refresh } = await client.tokens({ scope: 'openid email' });
    expect(verdict(await client.refresh(refresh, { scope: `openid ${word}` }))).toEqual([400, 'invalid_scope']);
  });

  test('is nothing that a client gets for itself', async () => {
    const own = await server.register(machine);
    const token = (scope: string) => own.token({ grant_type: 'client_credentials', scope });
    expect(verdict(await token(word))).toEqual([400, 'invalid_scope']);
    expect((await token(`read ${word}`)).body['scope']).toBe('read');
  });

  test('is no claim of either member, with a language tag or without', async () => {
    for (const member of ['userinfo', 'id_token']) {
      for (const name of [word, `${word}#de`]) {
        const claims = JSON.stringify({ [member]: { [name]: null } });
        expect((await client.login({ scope: 'openid', claims })).params.get('error')).toBe('invalid_request');
      }
    }
  });

  test('says nothing in a member of the claims parameter that no specification names', async () => {
    const claims = JSON.stringify({ access_token: { [word]: null }, [word]: { email: null } });
    const choices = { sub: `ignored ${word}`, consent: { scope: ['openid'] } };
    expect(claimsOf((await client.tokens({ scope: 'openid', claims }, choices)).access)).not.toHaveProperty('clm');
  });
});

test.each(['uip:email', 'dat:email'])(
  '%s, which a prefix of the page would make a control word, is no claim',
  async (name) => {
    const claims = JSON.stringify({ userinfo: { [name]: null } });
    expect((await client.login({ scope: 'openid', claims })).params.get('error')).toBe('invalid_request');
  },
);

describe('a client that release 0.1 has registered with control words', () => {
  test('has the rest of its scope, for itself and in prompts', async () => {
    const id = 'registered-long-ago';
    const grant_types = ['authorization_code', 'client_credentials'];
    const metadata = { ...versatile, grant_types, scope: 'openid * read id_token:email' };
    const stored = {
      client_id: id,
      client_id_issued_at: 1,
      client_secret_expires_at: 0,
      client_secret: 'x'.repeat(43),
    };
    await server.provider.stores.clients.insert({ ...stored, metadata });
    const old = client.with({ id, secret: stored.client_secret });
    expect((await old.token({ grant_type: 'client_credentials' })).body['scope']).toBe('openid read');
    const { params } = await old.login({ scope: 'openid read' }, { consent: { scope: ['openid'], claims: [] } });
    expect((await old.redeem(params.get('code') ?? '')).body['scope']).toBe('openid');
  });
});

test('who unticks all but openid gives openid, in this login and in silent ones', async () => {
  const own = await startTestServer({ claimsSources: [people] });
  try {
    const party = await own.register(versatile);
    const asked = { scope: 'openid email read' };
    const choices = { consent: { scope: ['openid'], claims: [] } };
    const { code, subSid = '' } = await party.authorize(asked, choices);
    const tokens = await party.redeem(code);
    const again = await party.authorize({ ...asked, prompt: 'none' }, { subSid });
    for (const { body, access } of [tokens, await party.redeem(again.code)]) {
      expect(body['scope']).toBe('openid');
      expect((await own.userInfo(access)).body).toEqual({ sub: 'alice' });
    }
  } finally {
    await own.close();
  }
});
