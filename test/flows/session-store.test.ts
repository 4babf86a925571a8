import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { object, text } from '../../src/testing/caller/values.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const base = '/session-store/rest/v2';

let server: TestServer | undefined;
afterAll(() => server?.close());

let at: TestServer;
beforeEach(async () => {
  server ??= await startTestServer();
  at = server;
  await at.call('DELETE', `${base}/sessions?all=true&quiet=true`);
});

async function create(session: object, on = at): Promise<string> {
  const response = await on.call('POST', `${base}/sessions`, session);
  expect(response.status).toBe(201);
  const sid = text(response.headers.get('sid'));
  expect(response.json).toEqual({ sid });
  return sid;
}

const get = (sid: string, query = '', on = at) => on.call('GET', `${base}/sessions${query}`, undefined, { SID: sid });

/** A call on a sub-resource of one session. */
const part = (method: string, sid: string, path: string, body?: unknown) =>
  at.call(method, `${base}/sessions/${path}`, body, { SID: sid });

async function sessionOf(sid: string) {
  return (await get(sid)).body;
}

describe('a session', () => {
  test('needs a subject, and has defaults for the rest', async () => {
    const sid = await create({ sub: 'alice' });
    expect(sid).toMatch(/^[\w-]{22}\.[\w-]{22}$/);
    const now = at.clock.now();
    const response = await get(sid);
    expect(response.headers.get('cache-control')).toContain('no-store');
    expect(response.json).toEqual({
      sub: 'alice',
      ctx: 'web',
      auth_time: now,
      creation_time: now,
      max_life: 259_200,
      auth_life: 43_200,
      max_idle: 14_400,
    });
  });

  test('keeps what it was created with; a lifetime of 0 is the default', async () => {
    const session = {
      sub: 'alice',
      ctx: 'NCG',
      auth_time: 1_700_000_000,
      creation_time: at.clock.now() - 5,
      acr: '1',
      amr: ['pwd', 'otp'],
      max_life: -1,
      auth_life: 60,
      max_idle: 30,
      claims: { ip: '10.0.0.1' },
      data: { name: 'Alice' },
    };
    const sid = await create({ ...session, rps: ['c1'] });
    expect(await sessionOf(sid)).toEqual({ ...session, rps: ['c1'] });
    expect(await sessionOf(await create({ sub: 'bob', max_idle: 0 }))).toMatchObject({ max_idle: 14_400 });
  });

  test.each([[{}], [{ sub: '' }], [{ sub: null }], [{ sub: 1 }], [{ sub: 'a', amr: 'pwd' }], [{ sub: 'a', data: [] }]])(
    'is not made of %j',
    async (session) => {
      const response = await at.call('POST', `${base}/sessions`, session);
      expect(response.status).toBe(400);
      expect(response.json).toMatchObject({ error: 'invalid_request' });
    },
  );

  test('that has ended already is not made', async () => {
    for (const dead of [{ creation_time: 5 }, { creation_time: at.clock.now() - 60, max_life: 1 }]) {
      const response = await at.call('POST', `${base}/sessions`, { sub: 'alice', ...dead });
      expect(response.status).toBe(400);
      expect(response.json).toMatchObject({ error: 'invalid_request' });
    }
    expect((await at.call('GET', `${base}/sessions?subject=alice`)).json).toEqual([]);
  });

  test('ends with its max_life however much it is used', async () => {
    const sid = await create({ sub: 'alice', max_life: 2, auth_life: 2, max_idle: 2 });
    at.clock.advance(60);
    expect((await get(sid)).status).toBe(200);
    at.clock.advance(59);
    expect((await get(sid)).status).toBe(200);
    at.clock.advance(1);
    const gone = await get(sid);
    expect(gone.status).toBe(404);
    expect(gone.json).toMatchObject({ error: 'invalid_session' });
  });

  test('ends when idle for max_idle; looks count as use unless they say otherwise', async () => {
    const sid = await create({ sub: 'alice', max_idle: 1 });
    at.clock.advance(50);
    expect((await get(sid)).status).toBe(200);
    at.clock.advance(50);
    expect((await get(sid, '?skip_last_used_update=true')).status).toBe(200);
    at.clock.advance(9);
    expect((await get(sid, '?skip_last_used_update=true')).status).toBe(200);
    at.clock.advance(1);
    expect((await get(sid)).status).toBe(404);
  });

  test('does not end while it is changed', async () => {
    const sid = await create({ sub: 'alice', max_idle: 1 });
    for (let i = 0; i < 3; i++) {
      at.clock.advance(50);
      expect((await part('PUT', sid, 'data', { i })).status).toBe(204);
    }
    expect(await sessionOf(sid)).toMatchObject({ data: { i: 2 } });
  });

  test('lives on when auth_life runs out', async () => {
    const sid = await create({ sub: 'alice', auth_life: 1, max_idle: 10 });
    at.clock.advance(61);
    expect((await get(sid)).status).toBe(200);
  });

  test('is used by authorization requests, not by refreshes', async () => {
    const party = await at.register();
    const { subSid, params } = await party.login(
      {},
      { authentication: { max_idle: 1 }, consent: { id_token: { allow_refresh: true } } },
    );
    const sid = text(subSid);
    at.clock.advance(50);
    await party.login({}, { subSid: sid });
    at.clock.advance(50);
    const { body } = await party.redeem(text(params.get('code')));
    expect(body).toHaveProperty('id_token');
    const refreshed = await party.refresh(text(body['refresh_token']));
    expect(refreshed.body).toHaveProperty('id_token');
    at.clock.advance(10);
    expect((await get(sid)).status).toBe(404);
    const later = await party.refresh(text(body['refresh_token']));
    expect(later.status).toBe(200);
    expect(later.body).not.toHaveProperty('id_token');
  });

  test.each(['', 'x', '0ZjiiO5wFamFtPrxC_51Rg.C64tzJ2ICqZaSObmPVO4Gg', 'a.b'])('SID %j names none', async (sid) => {
    expect([400, 404]).toContain((await get(sid)).status);
    const removal = await at.call('DELETE', `${base}/sessions`, undefined, { SID: sid });
    expect([400, 404]).toContain(removal.status);
  });

  test('knows its relying parties', async () => {
    const party = await at.register();
    const { subSid } = await party.login();
    expect(await sessionOf(text(subSid))).toMatchObject({ rps: [party.id] });
  });
});

describe('DELETE', () => {
  test('of one answers the removed session', async () => {
    const sid = await create({ sub: 'alice', data: { a: 1 } });
    const response = await at.call('DELETE', `${base}/sessions`, undefined, { SID: sid });
    expect(response.status).toBe(200);
    expect(response.json).toMatchObject({ sub: 'alice', data: { a: 1 } });
    expect((await get(sid)).status).toBe(404);
    expect((await at.call('DELETE', `${base}/sessions`, undefined, { SID: sid })).status).toBe(404);
  });

  test('of a subject answers them all, or nothing where quiet', async () => {
    await create({ sub: 'alice' });
    await create({ sub: 'alice', ctx: 'NCG' });
    const other = await create({ sub: 'bob' });
    const response = await at.call('DELETE', `${base}/sessions?subject=alice`);
    expect(response.status).toBe(200);
    expect(response.json).toHaveLength(2);
    await create({ sub: 'alice' });
    const quiet = await at.call('DELETE', `${base}/sessions?subject=alice&quiet=true`);
    expect(quiet.status).toBe(204);
    expect(quiet.text).toBe('');
    expect((await at.call('GET', `${base}/sessions?subject=alice`)).json).toEqual([]);
    expect((await get(other)).status).toBe(200);
  });

  test('of all answers a map, or nothing where quiet', async () => {
    await create({ sub: 'alice' });
    await create({ sub: 'bob' });
    const response = await at.call('DELETE', `${base}/sessions?all=true`);
    expect(response.status).toBe(200);
    const removed = Object.values(response.body).map((session) => object(session)['sub']);
    expect(removed.sort()).toEqual(['alice', 'bob']);
    await create({ sub: 'carol' });
    const quiet = await at.call('DELETE', `${base}/sessions?all=true&quiet=true`);
    expect(quiet.status).toBe(204);
    expect(quiet.text).toBe('');
    expect((await at.call('GET', `${base}/sessions/count`)).json).toBe(0);
  });

  test('of nothing in particular is refused', async () => {
    expect((await at.call('DELETE', `${base}/sessions`)).status).toBe(400);
  });
});

describe('listings', () => {
  test('by subject and context, without identifiers', async () => {
    const sid = await create({ sub: 'alice' });
    await create({ sub: 'alice', ctx: 'NIA' });
    await create({ sub: 'bob' });
    const listed = (await at.call('GET', `${base}/sessions?subject=alice`)).json;
    expect(listed).toEqual([
      expect.objectContaining({ sub: 'alice', ctx: 'web' }),
      expect.objectContaining({ sub: 'alice', ctx: 'NIA' }),
    ]);
    expect(JSON.stringify(listed)).not.toContain(sid);
    expect((await at.call('GET', `${base}/sessions?subject=alice&ctx=NIA`)).json).toHaveLength(1);
    expect((await at.call('GET', `${base}/sessions?subject=nobody`)).json).toEqual([]);
  });

  test('an empty subject does not stand for all, and identifiers are not to be had', async () => {
    const sid = await create({ sub: 'alice' });
    for (const [method, query] of [
      ['GET', 'subject='],
      ['DELETE', 'subject='],
      ['DELETE', 'subject=&all=true'],
      ['GET', 'subject=alice&include_sid=true'],
    ] as const) {
      const response = await at.call(method, `${base}/sessions?${query}`);
      expect(response.status).toBe(400);
      expect(response.json).toMatchObject({ error: 'invalid_request' });
    }
    expect((await get(sid)).status).toBe(200);
  });

  test('of all, counts and subjects', async () => {
    await create({ sub: 'alice' });
    await create({ sub: 'alice' });
    await create({ sub: 'bob' });
    expect(Object.keys(object((await at.call('GET', `${base}/sessions`)).json))).toHaveLength(3);
    expect((await at.call('GET', `${base}/sessions/count`)).json).toBe(3);
    expect((await at.call('GET', `${base}/subjects`)).json).toEqual(['alice', 'bob']);
    expect((await at.call('GET', `${base}/subjects/count`)).json).toBe(2);
  });
});

describe('the quota of a subject', () => {
  test('counts all contexts, and closes the oldest', async () => {
    const first = await create({ sub: 'alice' });
    const second = await create({ sub: 'alice', ctx: 'NCG' });
    for (let i = 0; i < 3; i++) await create({ sub: 'alice' });
    await create({ sub: 'bob' });
    expect((await get(first)).status).toBe(200);
    await create({ sub: 'alice' });
    expect((await get(first)).status).toBe(404);
    expect((await get(second)).status).toBe(200);
    expect((await at.call('GET', `${base}/sessions?subject=alice`)).json).toHaveLength(5);
  });

  test('or denies the new one, until an old one ends', async () => {
    const own = await startTestServer({
      properties: { 'sessionStore.quotaPerSubject': '1', 'sessionStore.onQuotaExhaustion': 'DENY_NEW_SESSION' },
    });
    try {
      await create({ sub: 'alice', max_idle: 1 }, own);
      expect((await own.call('POST', `${base}/sessions`, { sub: 'alice' })).status).toBe(403);
      await create({ sub: 'bob' }, own);
      own.clock.advance(60);
      await create({ sub: 'alice' }, own);
    } finally {
      await own.close();
    }
  });
});

describe('sub-resources', () => {
  test.each([
    ['claims', {}, { ip: '::1', nested: { a: [null] } }],
    ['data', {}, { name: 'Ünïcødé' }],
    ['rps', [], ['a', 'b']],
  ])('%s is read, written and removed', async (path, empty, value) => {
    const sid = await create({ sub: 'alice' });
    expect((await part('GET', sid, path)).json).toEqual(empty);
    expect((await part('PUT', sid, path, value)).status).toBe(204);
    expect((await part('GET', sid, path)).json).toEqual(value);
    expect(await sessionOf(sid)).toMatchObject({ [path]: value });
    expect((await part('DELETE', sid, path)).status).toBe(204);
    expect((await part('GET', sid, path)).json).toEqual(empty);
    expect((await part('PUT', sid, path, 'wrong')).status).toBe(400);
    expect((await part('GET', 'unknown', path)).status).toBe(404);
  });

  test('subject-auth replaces the authentication', async () => {
    const sid = await create({ sub: 'alice', acr: '1', amr: ['pwd'] });
    at.clock.advance(10);
    const stepUp = await part('PUT', sid, 'subject-auth', { sub: 'alice', acr: '2', amr: ['otp'] });
    expect(stepUp.status).toBe(204);
    const second = text(stepUp.headers.get('sid'));
    expect(await sessionOf(second)).toMatchObject({ auth_time: at.clock.now(), acr: '2', amr: ['otp'] });
    const earlier = await part('PUT', second, 'subject-auth', { sub: 'alice', auth_time: 1_700_000_000 });
    const session = await sessionOf(text(earlier.headers.get('sid')));
    expect(session).toMatchObject({ auth_time: 1_700_000_000 });
    expect(session).not.toHaveProperty('acr');
  });

  test('subject-auth does not turn the session of one subject into that of another', async () => {
    const sid = await create({ sub: 'alice', data: { email: 'alice@wonderland.net' } });
    expect((await part('PUT', sid, 'subject-auth', { sub: 'bob' })).status).toBe(400);
    expect(await sessionOf(sid)).toMatchObject({ sub: 'alice' });
    expect((await at.call('GET', `${base}/sessions?subject=bob`)).json).toEqual([]);
  });

  test.each([
    [30, 30],
    ['45', 45],
    [-1, -1],
    [0, 43_200],
  ])('subject-auth-life %j becomes %j minutes', async (given, kept) => {
    const sid = await create({ sub: 'alice' });
    expect((await part('PUT', sid, 'subject-auth-life', given)).status).toBe(204);
    expect(await sessionOf(sid)).toMatchObject({ auth_life: kept });
  });

  test.each([[1.5], ['x'], [null], [{}]])('subject-auth-life %j is refused', async (given) => {
    const sid = await create({ sub: 'alice' });
    expect((await part('PUT', sid, 'subject-auth-life', given)).status).toBe(400);
  });
});

test('the API needs its token, and is disabled without one', async () => {
  const response = await at.send(`${base}/sessions`);
  expect(response.status).toBe(401);
  const own = await startTestServer({ properties: { 'sessionStore.apiAccessTokenSHA256': '' } });
  try {
    const disabled = await own.call('GET', `${base}/sessions`);
    expect(disabled.status).toBe(403);
    expect(disabled.json).toMatchObject({ error: 'web_api_disabled' });
  } finally {
    await own.close();
  }
});
