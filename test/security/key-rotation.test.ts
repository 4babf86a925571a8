import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeyManagement } from '../../src/crypto/key-management.ts';
import { keyProperties } from '../../src/crypto/properties.ts';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { longestTokenLifetime } from '../../src/protocol/issuing/longest-token-lifetime.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { claimsOf, headerOf, jwtPart } from '../../src/testing/caller/jwt.ts';
import { sessionsPath } from '../../src/testing/caller/login-page.ts';
import { createFakeClock, type FakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let clock: FakeClock;
let server: TestServer;
let client: TestClient;
let reads = 0;

/** The storage, counting how often the keys are read. */
function counting(storage: Storage): Storage {
  return {
    ...storage,
    tenant: (tid) => {
      const stores = storage.tenant(tid);
      const load = () => {
        reads++;
        return stores.keys.load();
      };
      return { ...stores, keys: { ...stores.keys, load } };
    },
  };
}

beforeAll(async () => {
  clock = createFakeClock();
  server = await startTestServer({
    clock,
    storage: counting(openMemoryStorage({ clock })),
    properties: {
      'keyStore.staticJWKSet.op': '',
      'keyStore.rotation.publishAhead': '0',
      'keyStore.rotation.retention': '0',
    },
  });
  client = await server.register(versatile);
});
afterAll(() => server.close());

const management = () => managementOf(server, clock);

function managementOf({ provider }: TestServer, { now }: FakeClock) {
  const { stores, tid, random, settingsOf } = provider;
  return createKeyManagement({
    settings: settingsOf(keyProperties),
    longestTokenLifetime: longestTokenLifetime(settingsOf),
    store: stores.keys,
    tid,
    clock: { now },
    random,
  });
}

/** Time with requests in it: the server reads its keys in the background. */
async function pass(seconds: number) {
  for (let left = seconds; left > 0; left -= 30) {
    clock.advance(Math.min(left, 30));
    for (let turn = 0; turn < 5; turn++) {
      server.provider.keys.current();
      await new Promise(setImmediate);
    }
  }
}

/** Rotates all keys and waits until the new ones are in use: twice the cache lifetime of 60 s and 3 s. */
async function rotate() {
  await management().rotate([]);
  await pass(123);
}

const identifiers = { sub: 'ida', consent: { access_token: { encoding: 'IDENTIFIER' } } };
const transient = { sub: 'tess', consent: { long_lived: false, refresh_token: { issue: true, rotate: true } } };

test('what was made before a rotation is good after it, and what is made after it names the new keys', async () => {
  const [jwt, other, short] = [
    await client.tokens(),
    await client.tokens({}, identifiers),
    await client.tokens({}, transient),
  ];
  const { code, subSid } = await client.authorize({}, { sub: 'bob' });
  const query = new URLSearchParams(client.query()).toString();
  const { sid } = (await server.call('POST', sessionsPath, { query })).body;
  const { keys: before } = (await server.call('GET', '/jwks.json')).body;
  await rotate();

  for (const token of [jwt.access, other.access]) {
    expect(await client.isActive(token)).toBe(true);
    expect((await server.userInfo(token)).status).toBe(200);
  }
  expect((await client.redeem(code)).status).toBe(200);
  expect((await server.call('GET', '/session-store/rest/v2/sessions', undefined, { SID: String(subSid) })).status).toBe(
    200,
  );
  expect((await server.call('GET', `${sessionsPath}/${String(sid)}`)).status).toBe(200);
  // An ID token from before is good as a hint.
  const hinted = new URLSearchParams(client.query({ id_token_hint: jwt.id })).toString();
  expect((await server.call('POST', sessionsPath, { query: hinted, sub_sid: subSid })).body).toMatchObject({
    type: expect.stringMatching(/auth|consent/),
  });
  const renewed = [];
  for (const token of [jwt.refresh, short.refresh]) {
    const answer = await client.refresh(token);
    expect(verdict(answer)).toEqual([200, undefined]);
    renewed.push(answer);
  }
  const [long, rotated] = renewed;

  // Clients that know the keys from before the rotation know no new token, which they would not have seen before the lead was over.
  const { keys: after } = (await server.call('GET', '/jwks.json')).body;
  const kids = (set: unknown) => (Array.isArray(set) ? set.map((jwk: { kid: string }) => jwk.kid) : []);
  const kid = headerOf(long?.access ?? '')['kid'];
  expect(kids(before)).not.toContain(kid);
  expect(kids(after)).toEqual(expect.arrayContaining([kid, ...kids(before)]));
  const fresh = await client.tokens({}, identifiers);
  expect(fresh.access).toMatch(/^[\w-]{22}\.[\w-]{22}\.[\w-]{4}$/);
  expect(Buffer.from(fresh.refresh, 'base64url')[0]).toBe(2);
  const header: unknown = JSON.parse(Buffer.from(rotated?.refresh.split('.')[0] ?? '', 'base64url').toString());
  expect(header).toEqual({
    alg: 'dir',
    enc: 'A256GCM',
    kid: expect.stringMatching(/^refresh-token-encrypt\.[\w-]{4}$/),
    typ: 'refresh-token',
    iss: server.issuer,
  });

  // A second rotation, with things of three generations.
  await rotate();
  expect(await client.isActive(fresh.access)).toBe(true);
  for (const token of [jwt.refresh, fresh.refresh, rotated?.refresh ?? '']) {
    expect(verdict(await client.refresh(token))).toEqual([200, undefined]);
  }
});

test('a superseded signing key is published until its last token has ended, and worth nothing after that', async () => {
  const { id, access } = await client.tokens();
  const kid = headerOf(access)['kid'];
  const published = async () =>
    JSON.stringify((await server.call('GET', '/jwks.json')).body).includes(`"${String(kid)}"`);
  await rotate();
  // The longest configured lifetime, and 123 s.
  await pass(600);
  expect(await published()).toBe(true);
  await pass(124);
  expect(await published()).toBe(false);
  const query = new URLSearchParams(client.query({ id_token_hint: id })).toString();
  expect((await server.call('POST', sessionsPath, { query })).body).toMatchObject({
    type: 'response',
    parameters: { uri: expect.stringContaining('error=invalid_request') },
  });
});

describe('tokens that the login page orders for a year', () => {
  const day = 86_400;
  const year = 365 * day;
  const ordered = { consent: { access_token: { lifetime: year }, id_token: { lifetime: year } } };
  const keyStore = { away: false, writes: 0 };
  const stands: TestServer[] = [];
  let years: FakeClock;
  let one: TestServer;
  let two: TestServer;
  let party: TestClient;

  function breakable(storage: Storage): Storage {
    return {
      ...storage,
      tenant: (tid) => {
        const stores = storage.tenant(tid);
        const save: typeof stores.keys.save = (version, document) => {
          if (keyStore.away) throw new Error('the database is down');
          keyStore.writes++;
          return stores.keys.save(version, document);
        };
        return { ...stores, keys: { ...stores.keys, save } };
      },
    };
  }

  /** Two servers with one storage, and the defaults of rotation. */
  beforeAll(async () => {
    years = createFakeClock();
    const storage = breakable(openMemoryStorage({ clock: years }));
    const properties = { 'keyStore.staticJWKSet.op': '' };
    one = await startTestServer({ clock: years, storage, properties });
    two = await startTestServer({ clock: years, storage, properties });
    stands.push(one, two);
    party = await one.register({ ...versatile, id_token_signed_response_alg: 'ES256' });
  });
  afterAll(() => Promise.all(stands.map((each) => each.close())));

  async function passDays(days: number) {
    for (let part = 0; part < 3; part++) {
      years.advance(Math.ceil((days * day) / 3));
      for (const { provider } of stands) provider.keys.current();
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    }
  }
  const published = async (kid: unknown) => {
    const answers = await Promise.all(stands.map((each) => each.call('GET', '/jwks.json')));
    return answers.map(({ body }) => JSON.stringify(body).includes(`"kid":"${String(kid)}"`));
  };
  const hintError = async (id: string) => {
    const query = new URLSearchParams(party.query({ id_token_hint: id, prompt: 'none' })).toString();
    return JSON.stringify((await one.call('POST', sessionsPath, { query })).body).includes('error=invalid_request');
  };

  test('are good until their end, whatever rotations come, and their keys are published until then', async () => {
    const { access, id } = await party.tokens({ prompt: 'consent' }, ordered);
    expect([claimsOf(access), claimsOf(id)].map(({ exp }) => exp)).toEqual([years.now() + year, years.now() + year]);
    const kids = [headerOf(access)['kid'], headerOf(id)['kid']];
    expect(new Set(kids).size).toBe(2);
    const { successors } = await managementOf(one, years).rotate([]);
    // In the lead the old keys still sign, for longer than the rotation has planned for.
    await passDays(0.02);
    const late = await party.tokens({ prompt: 'consent' }, ordered);
    expect(claimsOf(late.id)['exp']).toBe(years.now() + year);
    expect([headerOf(late.access)['kid'], headerOf(late.id)['kid']]).toEqual(kids);

    await passDays(40);
    // Another user: what the page orders is remembered.
    const short = await party.tokens({}, { sub: 'bob' });
    expect(successors.map(({ jwk }) => jwk.kid)).toContain(headerOf(short.access)['kid']);
    await managementOf(one, years).rotate([]);
    await passDays(320);
    expect(await published(headerOf(short.access)['kid'])).toEqual([false, false]);
    for (const token of [access, late.access]) {
      expect(await party.isActive(token)).toBe(true);
      expect((await one.userInfo(token)).status).toBe(200);
    }
    for (const token of [id, late.id]) expect(await hintError(token)).toBe(false);
    for (const kid of kids) expect(await published(kid)).toEqual([true, true]);

    await passDays(40);
    expect(await party.isActive(access)).toBe(false);
    for (const kid of kids) expect(await published(kid)).toEqual([false, false]);
    expect(await hintError(id)).toBe(true);
  });

  test('cost the key store one write for many, and tokens of the configured lifetimes none', async () => {
    keyStore.writes = 0;
    await party.tokens({}, { sub: 'bob' });
    expect(keyStore.writes).toBe(0);
    for (let login = 0; login < 10; login++) await party.tokens({ prompt: 'consent' }, ordered);
    // One for the key of access tokens, one for that of ID tokens.
    expect(keyStore.writes).toBe(2);
  });

  test('are not handed out when that cannot be stored', async () => {
    const choices = { sub: 'carol', consent: { access_token: { lifetime: 9 * year } } };
    const { code } = await party.authorize({}, choices);
    keyStore.away = true;
    const answer = await party.redeem(code);
    keyStore.away = false;
    expect(verdict(answer)).toEqual([500, 'server_error']);
    expect(answer.access).toBe('');
    expect((await party.tokens({}, choices)).access).not.toBe('');
  });
});

describe('a key that is revoked', () => {
  test.each([
    ['hmac', [false, true, true]],
    ['refresh-token-encrypt', [true, true, false]],
    ['RSA', [true, false, true]],
  ])('%s takes with it what was made with it, and nothing else', async (name, expected) => {
    const tokens = await client.tokens();
    const { access } = await client.tokens({}, identifiers);
    const { keys } = await management().report();
    const inUse = keys.find(
      ({ key: { jwk }, state }) =>
        state === 'current' && (jwk.kid?.startsWith(name) === true || (jwk.kty === name && jwk.use === 'sig')),
    );
    await management().revoke(inUse?.key.jwk.kid ?? '', { dry: false });
    await pass(60);
    const alive = [
      await client.isActive(access),
      await client.isActive(tokens.access),
      (await client.refresh(tokens.refresh)).status === 200,
    ];
    expect(alive).toEqual(expected);
    const fresh = await client.tokens({}, identifiers);
    expect(await client.isActive(fresh.access)).toBe(true);
  });
});

describe('a name of a key that nobody has', () => {
  const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 });

  test('opens nothing, and a storm of them reads the keys once a second at most', async () => {
    const { access, refresh: refreshToken } = await client.tokens();
    const identifier = (await client.tokens({}, identifiers)).access.slice(0, 45);
    const [header, claims] = [headerOf(access), claimsOf(access)];
    const jwt = (kid: string) => {
      const input = `${jwtPart({ ...header, kid })}.${jwtPart(claims)}`;
      return `${input}.${sign('sha256', Buffer.from(input), attacker.privateKey).toString('base64url')}`;
    };
    const box = (id: string) =>
      Buffer.concat([
        Buffer.of(2),
        Buffer.from(id, 'base64url'),
        Buffer.from(refreshToken, 'base64url').subarray(4),
      ]).toString('base64url');
    const jwe = (id: string) =>
      `${jwtPart({ alg: 'dir', enc: 'A256GCM', kid: `refresh-token-encrypt.${id}` })}..${'A'.repeat(16)}.AAAA.${'A'.repeat(22)}`;

    reads = 0;
    for (let second = 0; second < 3; second++) {
      clock.advance(1);
      for (let number = 0; number < 10; number++) {
        const id = Buffer.from([second, number, 7]).toString('base64url');
        expect(await client.isActive(jwt(`kid${id}`))).toBe(false);
        expect((await server.userInfo(jwt(`x${id}`))).status).toBe(401);
        expect(await client.isActive(`${identifier}.${id}`)).toBe(false);
        for (const token of [box(id), jwe(id)]) {
          expect(verdict(await client.refresh(token))).toEqual([400, 'invalid_grant']);
        }
      }
    }
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThanOrEqual(3);
    expect(await client.isActive(access)).toBe(true);
  });
});
