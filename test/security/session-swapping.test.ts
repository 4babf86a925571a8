import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register(versatile);
});
afterAll(() => server.close());

const authz = '/authz-sessions/rest/v3';
const sessions = '/session-store/rest/v2/sessions';

type Message = Readonly<Record<string, unknown>>;

async function start(extra: Record<string, string> = {}, subSid: unknown = null): Promise<Message> {
  const query = new URLSearchParams(client.query(extra)).toString();
  return (await server.call('POST', authz, { query, sub_sid: subSid })).body;
}

async function put(sid: unknown, body: unknown): Promise<{ readonly status: number; readonly json: Message }> {
  const answer = await server.call('PUT', `${authz}/${String(sid)}`, body);
  return { status: answer.status, json: Object(answer.json) };
}

/** The living session's subject; `undefined` when it is closed. */
async function subjectOf(sid: unknown): Promise<unknown> {
  const answer = await server.call('GET', sessions, undefined, { SID: String(sid) });
  const { sub } = Object(answer.json);
  return answer.status === 200 ? sub : undefined;
}

const codesIn = (message: Message) => JSON.stringify(message).match(/[?&]code=/g)?.length ?? 0;

describe('the authorisation session', () => {
  test('is over once answered: neither another PUT nor a GET nor a DELETE finds it', async () => {
    const { sid } = await start();
    await put(sid, { sub: 'over' });
    expect(codesIn((await put(sid, { scope: ['openid'] })).json)).toBe(1);
    for (const body of [{ sub: 'over' }, { scope: ['openid', 'read'] }]) {
      const { status, json } = await put(sid, body);
      expect([status, json['error']]).toEqual([404, 'invalid_session']);
    }
    for (const method of ['GET', 'DELETE']) {
      expect((await server.call(method, `${authz}/${String(sid)}`)).status).toBe(404);
    }
  });

  test('is over once cancelled, and with its time', async () => {
    const cancelled = await start();
    expect((await server.call('DELETE', `${authz}/${String(cancelled['sid'])}`)).status).toBe(200);
    expect((await put(cancelled['sid'], { sub: 'late' })).status).toBe(404);

    const slow = await start();
    server.clock.advance(15 * 60);
    expect((await put(slow['sid'], { sub: 'late' })).status).toBe(404);
  });

  test('takes no consent before the subject has authenticated', async () => {
    const { sid } = await start();
    for (const body of [{ scope: ['openid'] }, { scope: ['*'], claims: ['*'] }, {}, { Sub: 'alice' }, { sub: null }]) {
      const { status, json } = await put(sid, body);
      expect([status, json['error']]).toEqual([400, 'invalid_request']);
      expect(codesIn(json)).toBe(0);
    }
  });

  test('yields one code and one session from 30 authentications or consents at once', async () => {
    const { sid } = await start();
    const before = Number((await server.call('GET', `${sessions}/count`)).json ?? 0);
    const authentications = await Promise.all(Array.from({ length: 30 }, () => put(sid, { sub: 'racer' })));
    // The same subject once more renews its session; who lost a race is told so.
    for (const { status, json } of authentications) {
      expect([status, json['error']]).toEqual(status === 200 ? [200, undefined] : [400, 'invalid_request']);
    }
    expect(Number((await server.call('GET', `${sessions}/count`)).json)).toBe(before + 1);

    const consents = await Promise.all(Array.from({ length: 30 }, () => put(sid, { scope: ['openid'] })));
    expect(consents.reduce((sum, { json }) => sum + codesIn(json), 0)).toBe(1);
    for (const { status, json } of consents) {
      if (status !== 200) expect([400, 404]).toContain(status);
      if (status !== 200) expect(codesIn(json)).toBe(0);
    }
  });

  test('a consent and a cancellation at once have one winner', async () => {
    for (let round = 0; round < 10; round++) {
      const { sid } = await start();
      await put(sid, { sub: `undecided-${round}` });
      const [consented, cancelled] = await Promise.all([
        put(sid, { scope: ['openid'] }),
        server.call('DELETE', `${authz}/${String(sid)}`),
      ]);
      expect([consented.status, cancelled.status].filter((status) => status === 200)).toHaveLength(1);
    }
  });

  test('of one client never answers to another', async () => {
    const other = await server.register({ ...versatile, redirect_uris: ['https://other.example/cb'] });
    const { sid } = await start();
    await put(sid, { sub: 'alice', client_id: other.id, redirect_uri: 'https://other.example/cb' });
    const { json } = await put(sid, { scope: ['openid'], client_id: other.id, redirect_uri: other.redirectUri });
    expect(JSON.stringify(json)).toContain('https://rp.example/cb?code=');
  });

  test('ends with its client', async () => {
    const gone = await server.register(versatile);
    const query = new URLSearchParams(gone.query()).toString();
    const { sid } = (await server.call('POST', authz, { query })).body;
    expect((await server.call('DELETE', `/clients/${gone.id}`)).status).toBe(204);
    const { status, json } = await put(sid, { sub: 'alice' });
    expect([status, json['error']]).toEqual([404, 'invalid_session']);
  });

  test('does not let the consent say whose it is', async () => {
    const { sid } = await start({ prompt: 'consent' });
    await put(sid, { sub: 'alice' });
    // A body with `sub` is an authentication, whatever else it has: it leads to another consent, not to a code.
    const { json } = await put(sid, { sub: 'mallory', scope: ['openid'], long_lived: true });
    expect([json['type'], codesIn(json)]).toEqual(['consent', 0]);
    expect((await put(sid, { sub: 'mallory', scope: ['openid'], claims: ['*'] })).status).toBe(400);
  });
});

describe('the subject session', () => {
  test('is never one that the browser has brought along for another subject', async () => {
    const attackers = (await server.call('POST', sessions, { sub: 'mallory' })).body;
    const message = await start({ prompt: 'login' }, attackers['sid']);
    const { json } = await put(message['sid'], { sub: 'victim' });
    const { sid } = Object(json['sub_session']);
    expect(sid).not.toBe(attackers['sid']);
    expect(await subjectOf(sid)).toBe('victim');
    // Whoever planted the old identifier holds nothing now.
    expect(await subjectOf(attackers['sid'])).toBeUndefined();
  });

  test('changes when the subject does, and the old one closes', async () => {
    const first = await client.authorize({}, { sub: 'first' });
    const message = await start({ prompt: 'login' }, first.subSid);
    const { json } = await put(message['sid'], { sub: 'second' });
    expect(await subjectOf(first.subSid)).toBeUndefined();
    expect(await subjectOf(Object(json['sub_session']).sid)).toBe('second');
  });

  test('of the wrong subject does not satisfy a request for another', async () => {
    const tokens = await client.tokens({}, { sub: 'wanted' });
    const { subSid } = await client.authorize({}, { sub: 'unwanted' });
    const hint = { id_token_hint: tokens.id };
    expect(await start(hint, subSid)).toMatchObject({ type: 'auth', required_sub: 'wanted' });
    expect(JSON.stringify(await start({ ...hint, prompt: 'none' }, subSid))).toContain('error=login_required');
    const message = await start(hint, subSid);
    const { json } = await put(message['sid'], { sub: 'unwanted' });
    expect([json['type'], codesIn(json)]).toEqual(['response', 0]);
    expect(JSON.stringify(json)).toContain('error=login_required');
  });

  test('of another context is no sign-in', async () => {
    const native = (await server.call('POST', sessions, { sub: 'alice', ctx: 'NCG' })).body;
    expect(await start({}, native['sid'])).toMatchObject({ type: 'auth' });
    expect(JSON.stringify(await start({ prompt: 'none' }, native['sid']))).toContain('error=login_required');
  });

  test('that has ended meanwhile gives no code', async () => {
    const { sid } = await start();
    const { json } = await put(sid, { sub: 'leaving' });
    const session = String(Object(json['sub_session']).sid);
    expect((await server.call('DELETE', sessions, undefined, { SID: session })).status).toBe(200);
    const { json: answer } = await put(sid, { scope: ['openid'] });
    expect(codesIn(answer)).toBe(0);
    expect(JSON.stringify(answer)).toContain('error=login_required');
  });

  test('the loser of a race leaves no session behind', async () => {
    const { sid } = await start();
    await Promise.all(Array.from({ length: 10 }, (_, i) => put(sid, { sub: `ghost-${i}` })));
    const left = await Promise.all(
      Array.from({ length: 10 }, (_, i) => server.call('GET', `${sessions}?subject=ghost-${i}`)),
    );
    const living = left.flatMap((answer) => answer.json);
    expect(living).toHaveLength(1);
  });
});

test.each([
  ...['x', '', ' ', '__proto__', 'A'.repeat(45), `${'A'.repeat(22)}.${'A'.repeat(22)}`, 'a'.repeat(100_000)],
  ...['\u0000', '\ud800', '😀', '"; DROP TABLE sessions', '../..'],
  ...[null, 0, 1, true, [], ['x'], {}, { sid: 'x' }],
])('sub_sid %j is no session, and never an error', async (subSid) => {
  expect(await start({}, subSid)).toMatchObject({ type: 'auth' });
  const silent = await start({ prompt: 'none' }, subSid);
  expect(JSON.stringify(silent)).toContain('error=login_required');
});

test('a code belongs to the session in which it was made', async () => {
  const one = await client.authorize({}, { sub: 'one' });
  const two = await client.authorize({}, { sub: 'two' });
  const tokens = await client.redeem(two.code);
  const { sub } = JSON.parse(Buffer.from(String(tokens.body['id_token']).split('.')[1] ?? '', 'base64url').toString());
  expect(sub).toBe('two');
  expect((await client.redeem(one.code)).status).toBe(200);
});
