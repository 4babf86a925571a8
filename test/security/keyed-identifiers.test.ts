import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { headerOf } from '../../src/testing/caller/jwt.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let client: TestClient;
let ids: Readonly<Record<'code' | 'access' | 'authz' | 'session', string>>;

const authz = '/authz-sessions/rest/v3';
const sessions = '/session-store/rest/v2/sessions';
const consent = { access_token: { encoding: 'IDENTIFIER' } };
const withRefresh = { refresh_token: { issue: true } };

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register(versatile);
  ids = await identifiersOf(server, client);
});
afterAll(() => server.close());

/** A living identifier of every kind. */
async function identifiersOf(at: TestServer, who: TestClient) {
  const { code, subSid } = await who.authorize({}, { consent });
  const first = await who.authorize({}, { consent, sub: 'other' });
  const access = (await who.redeem(first.code)).access;
  const query = new URLSearchParams(who.query()).toString();
  const { sid } = (await at.call('POST', authz, { query })).body;
  return { code, access, authz: String(sid), session: String(subSid) };
}

/** Whether each door takes an identifier for one of its own. */
async function doorsThatOpen(at: TestServer, who: TestClient, id: string): Promise<string[]> {
  const open: string[] = [];
  const there = who.by(at);
  if (await there.isActive(id)) open.push('access');
  if ((await at.userInfo(id)).status === 200) open.push('userinfo');
  const encoded = encodeURIComponent(id);
  if ((await at.call('GET', `${authz}/${encoded}`)).status === 200) open.push('authz');
  if ((await at.call('GET', sessions, undefined, { SID: id })).status === 200) open.push('session');
  const query = new URLSearchParams(who.query()).toString();
  const message = (await at.call('POST', authz, { query, sub_sid: id })).body;
  if (message['sub_session'] !== undefined || message['type'] !== 'auth') open.push('sign-in');
  if ((await there.redeem(id)).status === 200) open.push('code');
  return open;
}

test('each kind opens its own doors and no other', async () => {
  expect(await doorsThatOpen(server, client, ids.access)).toEqual(['access', 'userinfo']);
  expect(await doorsThatOpen(server, client, ids.authz)).toEqual(['authz']);
  expect(await doorsThatOpen(server, client, ids.session)).toEqual(['session', 'sign-in']);
  expect(await doorsThatOpen(server, client, ids.code)).toEqual(['code']);
});

describe('a forged identifier', () => {
  test('with any bit flipped opens nothing', async () => {
    const fresh = await identifiersOf(server, client);
    for (const id of Object.values(fresh)) {
      for (const at of [0, 1, 10, 20, 21, 22, 23, 24, 30, 43, 44]) {
        for (const letter of [id[at] === 'A' ? 'B' : 'A', '_', '.', '=', '\u00e9']) {
          const forged = id.slice(0, at) + letter + id.slice(at + 1);
          if (forged === id) continue;
          // Fetch refuses what no header can carry.
          if (/[^\x20-\x7e]/.test(forged)) continue;
          expect(await doorsThatOpen(server, client, forged), `${at} ${letter}`).toEqual([]);
        }
      }
    }
    // None of the attempts has spent or ended the genuine ones.
    expect(await doorsThatOpen(server, client, fresh.code)).toEqual(['code']);
    expect(await doorsThatOpen(server, client, fresh.access)).toEqual(['access', 'userinfo']);
  });

  test.each([
    ['its random part alone', (id: string) => id.slice(0, 22)],
    ['its HMAC alone', (id: string) => id.slice(23)],
    ['another HMAC', (id: string) => `${id.slice(0, 23)}${'A'.repeat(22)}`],
    ['its halves exchanged', (id: string) => `${id.slice(23)}.${id.slice(0, 22)}`],
    ['padding', (id: string) => `${id}=`],
    ['more behind it', (id: string) => `${id}.${id}`],
    ['another alphabet', (id: string) => id.replaceAll('-', '+').replaceAll('_', '/').replace('.', '.+').slice(0, 45)],
    ['another case', (id: string) => id.toUpperCase()],
    ['the storage key', (id: string) => `${server.provider.identifiers.keyOf(id.slice(0, 22))}.${id.slice(23)}`],
  ])('%s opens nothing', async (_what, forge) => {
    for (const id of [ids.access, ids.session, ids.authz]) {
      expect(await doorsThatOpen(server, client, forge(id))).toEqual([]);
    }
  });

  test('two genuine ones do not make a third', async () => {
    const other = await identifiersOf(server, client);
    for (const [one, two] of [
      [ids.access, other.access],
      [ids.session, ids.access],
      [ids.authz, ids.session],
    ] as const) {
      expect(await doorsThatOpen(server, client, `${one.slice(0, 22)}.${two.slice(23)}`)).toEqual([]);
    }
  });
});

test('identifiers of another issuer on the same keys and the same storage are strangers', async () => {
  const clock = createFakeClock();
  const storage = openMemoryStorage({ clock });
  const one = await startTestServer({ storage, clock });
  const two = await startTestServer({ storage, clock, path: '/two' });
  const who = await one.register(versatile);
  const fresh = await identifiersOf(one, who);
  for (const id of Object.values(fresh)) expect(await doorsThatOpen(two, who, id)).toEqual([]);
  expect(await doorsThatOpen(one, who, fresh.code)).toEqual(['code']);
  const tokens = await who.tokens();
  const answer = await who.by(two).refresh(tokens.refresh);
  expect(verdict(answer)).toEqual([400, 'invalid_grant']);
  // A token that carries its authorization says in its authenticated header what it is and whose, and is held to that.
  const { refresh } = await who.tokens({}, { sub: 'carried', consent: { long_lived: false, ...withRefresh } });
  expect(headerOf(refresh)).toMatchObject({ alg: 'dir', typ: 'refresh-token', iss: one.issuer });
  expect(verdict(await who.by(two).refresh(refresh))).toEqual([400, 'invalid_grant']);
  const head = Buffer.from(JSON.stringify({ ...headerOf(refresh), iss: two.issuer })).toString('base64url');
  const relabelled = [head, ...refresh.split('.').slice(1)].join('.');
  expect(verdict(await who.by(two).refresh(relabelled))).toEqual([400, 'invalid_grant']);
  expect((await who.refresh(refresh)).status).toBe(200);
  await one.close();
  await two.close();
});

test('what the store keeps does not open anything: identifiers are stored as hashes of their random part', async () => {
  const fresh = await identifiersOf(server, client);
  for (const id of Object.values(fresh)) {
    const key = server.provider.identifiers.keyOf(id.slice(0, 22));
    expect(id).not.toContain(key);
    expect(await doorsThatOpen(server, client, key)).toEqual([]);
  }
  const { keys } = { keys: Object.keys((await server.call('GET', sessions)).body) };
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys) expect(await doorsThatOpen(server, client, key)).toEqual([]);
});
