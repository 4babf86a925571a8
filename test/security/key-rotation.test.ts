import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyDeps } from '../../src/app.ts';
import { createKeyManagement } from '../../src/crypto/key-management.ts';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { createFakeClock, type FakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import {
  type AttackClient,
  authorizationRequest,
  authorize,
  decodeJwt,
  isActive,
  jwtPart,
  login,
  redeem,
  refresh,
  registerClient,
  tokensIn,
  userInfo,
  verdict,
} from './attack-kit.ts';

let clock: FakeClock;
let server: TestServer;
let client: AttackClient;
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
  client = await registerClient(server);
});
afterAll(() => server.close());

function management() {
  const { stores, tid, random, settings } = server.provider;
  return createKeyManagement({ ...keyDeps(settings), store: stores.keys, tid, clock, random });
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
const authzSessions = '/authz-sessions/rest/v3';

test('what was made before a rotation is good after it, and what is made after it names the new keys', async () => {
  const [jwt, other, short] = [
    await login(server, client),
    await login(server, client, identifiers),
    await login(server, client, transient),
  ];
  const { code, subSid } = await authorize(server, client, {}, { sub: 'bob' });
  const query = new URLSearchParams(authorizationRequest(client)).toString();
  const { sid } = await server.json('POST', authzSessions, { query });
  const { keys: before } = await server.json('GET', '/jwks.json');
  await rotate();

  for (const token of [jwt.access, other.access]) {
    expect(await isActive(server, client, token)).toBe(true);
    expect((await userInfo(server, token)).status).toBe(200);
  }
  expect((await redeem(server, client, code)).status).toBe(200);
  expect((await server.api('GET', '/session-store/rest/v2/sessions', undefined, { SID: String(subSid) })).status).toBe(
    200,
  );
  expect((await server.api('GET', `${authzSessions}/${String(sid)}`)).status).toBe(200);
  // An ID token from before is good as a hint.
  const hinted = new URLSearchParams(authorizationRequest(client, { id_token_hint: jwt.id })).toString();
  expect(await server.json('POST', authzSessions, { query: hinted, sub_sid: subSid })).toMatchObject({
    type: expect.stringMatching(/auth|consent/),
  });
  const renewed = [];
  for (const token of [jwt.refresh, short.refresh]) {
    const answer = await refresh(server, client, token);
    expect(verdict(answer)).toEqual([200, undefined]);
    renewed.push(tokensIn(answer));
  }
  const [long, rotated] = renewed;

  // Clients that know the keys from before the rotation know no new token, which they would not have seen before the lead was over.
  const { keys: after } = await server.json('GET', '/jwks.json');
  const kids = (set: unknown) => (Array.isArray(set) ? set.map((jwk: { kid: string }) => jwk.kid) : []);
  const kid = decodeJwt(long?.access ?? '').header['kid'];
  expect(kids(before)).not.toContain(kid);
  expect(kids(after)).toEqual(expect.arrayContaining([kid, ...kids(before)]));
  const fresh = await login(server, client, identifiers);
  expect(fresh.access).toMatch(/^[\w-]{22}\.[\w-]{22}\.[\w-]{4}$/);
  expect(Buffer.from(fresh.refresh, 'base64url')[0]).toBe(2);
  const header: unknown = JSON.parse(Buffer.from(rotated?.refresh.split('.')[0] ?? '', 'base64url').toString());
  expect(header).toEqual({
    alg: 'dir',
    enc: 'A256GCM',
    kid: expect.stringMatching(/^refresh-token-encrypt\.[\w-]{4}$/),
  });

  // A second rotation, with things of three generations.
  await rotate();
  expect(await isActive(server, client, fresh.access)).toBe(true);
  for (const token of [jwt.refresh, fresh.refresh, rotated?.refresh ?? '']) {
    expect(verdict(await refresh(server, client, token))).toEqual([200, undefined]);
  }
});

test('a superseded signing key is published until its last token has ended, and worth nothing after that', async () => {
  const { id, access } = await login(server, client);
  const kid = decodeJwt(access).header['kid'];
  const published = async () => JSON.stringify(await server.json('GET', '/jwks.json')).includes(`"${String(kid)}"`);
  await rotate();
  // The longest configured lifetime, and 123 s.
  await pass(600);
  expect(await published()).toBe(true);
  await pass(124);
  expect(await published()).toBe(false);
  const query = new URLSearchParams(authorizationRequest(client, { id_token_hint: id })).toString();
  expect(await server.json('POST', authzSessions, { query })).toMatchObject({
    type: 'response',
    parameters: { uri: expect.stringContaining('error=invalid_request') },
  });
});

describe('a key that is revoked', () => {
  test.each([
    // The secrets of refresh tokens of the first release were derived with it.
    ['hmac', [false, true, expect.any(Boolean)]],
    ['refresh-token-encrypt', [true, true, false]],
    ['RSA', [true, false, true]],
  ])('%s takes with it what was made with it, and nothing else', async (name, expected) => {
    const tokens = await login(server, client);
    const { access } = await login(server, client, identifiers);
    const { keys } = await management().report();
    const inUse = keys.find(
      ({ key: { jwk }, state }) =>
        state === 'current' && (jwk.kid?.startsWith(name) === true || (jwk.kty === name && jwk.use === 'sig')),
    );
    await management().revoke(inUse?.key.jwk.kid ?? '', { dry: false });
    await pass(60);
    const alive = [
      await isActive(server, client, access),
      await isActive(server, client, tokens.access),
      (await refresh(server, client, tokens.refresh)).status === 200,
    ];
    expect(alive).toEqual(expected);
    const fresh = await login(server, client, identifiers);
    expect(await isActive(server, client, fresh.access)).toBe(true);
  });
});

describe('a name of a key that nobody has', () => {
  const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 });

  test('opens nothing, and a storm of them reads the keys once a second at most', async () => {
    const { access, refresh: refreshToken } = await login(server, client);
    const identifier = (await login(server, client, identifiers)).access.slice(0, 45);
    const { header, claims } = decodeJwt(access);
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
        expect(await isActive(server, client, jwt(`kid${id}`))).toBe(false);
        expect((await userInfo(server, jwt(`x${id}`))).status).toBe(401);
        expect(await isActive(server, client, `${identifier}.${id}`)).toBe(false);
        for (const token of [box(id), jwe(id)]) {
          expect(verdict(await refresh(server, client, token))).toEqual([400, 'invalid_grant']);
        }
      }
    }
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThanOrEqual(3);
    expect(await isActive(server, client, access)).toBe(true);
  });
});
