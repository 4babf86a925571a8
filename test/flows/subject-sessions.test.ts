import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { sessionsPath } from '../../src/testing/caller/login-page.ts';
import { object, text } from '../../src/testing/caller/values.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const storePath = '/session-store/rest/v2/sessions';

let server: TestServer;
let party: TestClient;
beforeAll(async () => {
  server = await startTestServer();
  party = await server.register();
});
afterAll(() => server.close());

async function createSession(session: object, at = server): Promise<string> {
  return text((await at.call('POST', storePath, session)).headers.get('sid'));
}

const lookUp = (sid: string, at = server) => at.call('GET', storePath, undefined, { SID: sid });

async function sessionsOf(at: TestServer, sub: string): Promise<unknown> {
  return (await at.call('GET', `${storePath}?subject=${sub}`)).json;
}

const RACERS = 5;

/** A server on which as many calls find an authorisation session as it stands before the first of them goes on. */
async function startRacecourse(properties: Readonly<Record<string, string>> = {}) {
  const clock = createFakeClock();
  const memory = openMemoryStorage({ clock });
  let arrived: (() => void)[] | undefined;
  const line = () =>
    new Promise<void>((go) => {
      if (!arrived) return go();
      arrived.push(go);
      if (arrived.length < RACERS) return;
      for (const start of arrived) start();
      arrived = undefined;
    });
  const storage: Storage = {
    ...memory,
    tenant(tid) {
      const stores = memory.tenant(tid);
      const records: typeof stores.records = (kind) => {
        const store = stores.records(kind);
        return {
          ...store,
          async get(key) {
            const found = await store.get(key);
            await line();
            return found;
          },
        };
      };
      return { ...stores, records };
    },
  };
  const at = await startTestServer({ clock, storage, properties });
  return {
    at,
    party: await at.register(),
    /** The same authentication several times at once, as impatient users send it. Answers the statuses. */
    async authenticateAtOnce(sid: unknown, sub: string): Promise<readonly number[]> {
      arrived = [];
      const put = () => at.call('PUT', `${sessionsPath}/${text(sid)}`, { sub });
      return (await Promise.all(Array.from({ length: RACERS }, put))).map(({ status }) => status).sort();
    },
  };
}

describe('a session of another context than web', () => {
  test.each(['NCG', 'NIA', 'kiosk'])('%s is none of the browser', async (ctx) => {
    const sid = await createSession({ sub: 'alice', ctx });
    for (const sub of ['alice', 'bob']) {
      const message = await party.start({ prompt: 'consent' }, { sub_sid: sid });
      expect(message).toMatchObject({ type: 'auth' });
      expect(message).not.toHaveProperty('sub_session');
      const consent = await server.page.put(message, { sub });
      expect(consent['sub_session']).toMatchObject({ sub, ctx: 'web' });
      expect(object(consent['sub_session'])['sid']).not.toBe(sid);
    }
    expect((await lookUp(sid)).json).toMatchObject({ sub: 'alice', ctx });
  });
});

describe('the quota', () => {
  test('closes no session for those who lose a race', async () => {
    const { at, party: own, authenticateAtOnce } = await startRacecourse();
    try {
      const old = await Promise.all(Array.from({ length: 4 }, () => createSession({ sub: 'full' }, at)));
      expect(await authenticateAtOnce((await own.start())['sid'], 'full')).toEqual([200, 400, 400, 400, 400]);
      for (const each of old) expect((await lookUp(each, at)).status).toBe(200);
      expect(await sessionsOf(at, 'full')).toHaveLength(5);
    } finally {
      await at.close();
    }
  });

  test('where it denies, the authentication is refused, the request goes on, and losers leave no session', async () => {
    const {
      at,
      party: own,
      authenticateAtOnce,
    } = await startRacecourse({
      'sessionStore.quotaPerSubject': '6',
      'sessionStore.onQuotaExhaustion': 'DENY_NEW_SESSION',
    });
    try {
      expect(await authenticateAtOnce((await own.start())['sid'], 'full')).toEqual([200, 400, 400, 400, 400]);
      expect(await sessionsOf(at, 'full')).toHaveLength(1);

      const others = await Promise.all(Array.from({ length: 5 }, () => createSession({ sub: 'full' }, at)));
      const message = await own.start();
      const denied = await at.call('PUT', `${sessionsPath}/${text(message['sid'])}`, { sub: 'full' });
      expect(denied.status).toBe(403);
      expect(denied.json).toMatchObject({ error: 'access_denied' });
      expect((await at.call('DELETE', storePath, undefined, { SID: text(others[0]) })).status).toBe(200);
      expect(await at.page.put(message, { sub: 'full' })).toMatchObject({ type: 'consent' });
    } finally {
      await at.close();
    }
  });
});

describe('bindings', () => {
  const [fpt, other, jkt] = ['a', 'b', 'j'].map((letter) => letter.repeat(43));

  test('a session that comes with the fingerprint of another user agent ends', async () => {
    const consent = await server.page.put(await party.start({}, { fpt }), { sub: 'alice', jkt });
    const session = object(consent['sub_session']);
    expect(session).toMatchObject({ fpt, jkt });
    const sid = text(session['sid']);
    const again = await party.start({ prompt: 'consent' }, { fpt, sub_sid: sid });
    expect(again).toMatchObject({ type: 'consent', sub_session: { sid } });
    // Neither binding changes.
    const renewed = await server.page.put(again, { sub: 'alice', fpt: other, jkt: other });
    expect(renewed).toMatchObject({ sub_session: { fpt, jkt } });
    const next = text(object(renewed['sub_session'])['sid']);
    expect(await party.start({ prompt: 'consent' }, { sub_sid: next })).toMatchObject({ type: 'consent' });

    const stolen = await party.start({}, { fpt: other, sub_sid: next });
    expect(stolen).toMatchObject({ type: 'auth' });
    expect(stolen).not.toHaveProperty('sub_session');
    expect((await lookUp(next)).status).toBe(404);
  });

  test('what the authentication says of the user agent goes before what the start said', async () => {
    const consent = await server.page.put(await party.start({}, { fpt }), { sub: 'alice', fpt: other });
    expect(consent).toMatchObject({ sub_session: { fpt: other } });
  });

  test.each([{ fpt: 'short' }, { fpt: 7 }, { jkt: `${'a'.repeat(42)}=` }])('%j is refused', async (binding) => {
    expect((await server.call('POST', storePath, { sub: 'alice', ...binding })).status).toBe(400);
    const start = await server.call('POST', sessionsPath, { query: 'client_id=x', fpt: 'short' });
    expect(start.status).toBe(400);
  });
});
