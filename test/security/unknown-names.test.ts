import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { events } from '../../src/events/catalogue.ts';
import type { Subscriber } from '../../src/ports/events.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { object } from '../../src/testing/caller/values.ts';
import { people } from '../../src/testing/people.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const heard: Parameters<Subscriber>[] = [];
let server: TestServer;
let client: TestClient;
/** It has registered no scope, as a client may that registers itself. */
let unscoped: TestClient;

const corporate = {
  name: 'corporate',
  supportedClaims: ['badge', 'https://corp.example/*'],
  getClaims: async () => ({}),
};
const narrow = { ...people, supportedClaims: ['name', 'email', 'email_verified'] };

beforeAll(async () => {
  server = await startTestServer({
    claimsSources: [narrow, corporate],
    properties: {
      'op.authz.advertisedClaims': 'sub shoe_size',
      'op.authz.advertisedScopes': 'openid calendar',
      'op.claims.map.team': 'team_name',
    },
    listeners: [(...told) => void heard.push(told)],
  });
  client = await server.register(versatile);
  unscoped = await server.register({ ...versatile, scope: undefined });
});
afterAll(() => server.close());

let visitors = 0;
/** The consent prompt that a newcomer gets for this request. */
async function prompt(of: TestClient, parameters: Record<string, string>) {
  const first = await of.start(parameters);
  const message = await server.page.put(first, { sub: `visitor-${++visitors}` });
  expect(message['type']).toBe('consent');
  return { message, scope: object(message['scope']), claims: object(message['claims']) };
}

const claimsFor = (names: readonly string[], member = 'userinfo', order: object | null = null) =>
  JSON.stringify({ [member]: Object.fromEntries(names.map((name) => [name, order])) });

describe('a claim name that is a message to the user', () => {
  const messages = [
    'Your account was locked. Call +1 555 0100',
    'Your\u00a0account\u00a0was\u00a0locked',
    '<b>Call</b>',
    'Ваш_счёт_закрыт',
    'call\u202eme',
    'x'.repeat(101),
    'https://corp.example/Your account was locked',
    '',
  ];

  test.each(messages)('%j is not shown, nor asked of a source', async (name) => {
    for (const member of ['userinfo', 'id_token']) {
      const claims = claimsFor([name, 'name'], member, { essential: true });
      const { claims: shown, message } = await prompt(client, { scope: 'openid', claims });
      expect(shown).toEqual({
        new: { essential: ['name'], voluntary: [] },
        consented: { essential: [], voluntary: [] },
      });
      if (name.length > 10) expect(JSON.stringify(message)).not.toContain(JSON.stringify(name));
    }
  });

  test('is told to the operator', async () => {
    heard.length = 0;
    await client.start({ scope: 'openid', claims: claimsFor(messages) });
    const told = heard.find(([event]) => event === events.authorization.claimsIgnored);
    expect(told?.[1]).toEqual({ clientId: client.id, ignored: messages.length });
  });
});

test('unknown claims are marked, at most 20, and never essential', async () => {
  const names = Array.from({ length: 30 }, (_, i) => `Your_account_was_locked.Call:${i}`);
  const { claims } = await prompt(client, {
    scope: 'openid',
    claims: claimsFor(names, 'userinfo', { essential: true }),
  });
  expect(claims).toMatchObject({ new: { essential: [], voluntary: names.slice(0, 20) }, unknown: names.slice(0, 20) });
});

test('claims of a standard, the configuration and its sources are known', async () => {
  const known = ['nickname', 'shoe_size', 'badge', 'https://corp.example/desk', 'team_name', 'groups'];
  const asked = { scope: 'openid', claims: claimsFor([...known, 'other'], 'userinfo', { essential: true }) };
  const { claims } = await prompt(client, asked);
  expect(claims).toMatchObject({ new: { essential: known, voluntary: ['other'] }, unknown: ['other'] });
});

test('what was agreed to stays marked', async () => {
  const asked = { scope: 'openid read', claims: claimsFor(['other']) };
  const { subSid } = await client.authorize(asked, { sub: 'twice' });
  const message = await client.start({ ...asked, prompt: 'consent' }, { sub_sid: subSid });
  expect(message).toMatchObject({ claims: { consented: { voluntary: ['other'] }, unknown: ['other'] } });
});

describe('a scope value', () => {
  test('that nobody has registered or configured is marked', async () => {
    const scope = 'openid email photos openid,email calendar team';
    const { scope: shown } = await prompt(unscoped, { scope });
    expect(shown).toEqual({ new: scope.split(' '), consented: [], unknown: ['photos', 'openid,email'] });
  });

  test('that the client has registered is not', async () => {
    const { scope } = await prompt(client, { scope: 'openid read' });
    expect(scope).toEqual({ new: ['openid', 'read'], consented: [] });
  });
});
