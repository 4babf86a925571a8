import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { object, text } from '../../src/testing/caller/values.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register();
});
afterAll(() => server.close());

const sessions = '/session-store/rest/v2/sessions';
const day = 86_400;
/** Where a web API takes the time of an authentication. */
const doors: readonly (readonly [string, (members: object) => ReturnType<TestServer['call']>])[] = [
  ['a new session', (members) => server.call('POST', sessions, { sub: 'alice', ...members })],
  [
    'the result of an authentication',
    async (members) => {
      const { sid } = await client.start();
      return server.call('PUT', `/authz-sessions/rest/v3/${text(sid)}`, { sub: 'alice', ...members });
    },
  ],
  [
    'the replacement of an authentication',
    async (members) => {
      const { sid } = (await server.call('POST', sessions, { sub: 'alice' })).body;
      return server.call('PUT', `${sessions}/subject-auth`, members, { SID: text(sid) });
    },
  ],
];

describe.each(doors)('%s', (_what, put) => {
  test('does not lie in the future', async () => {
    for (const ahead of [61, day, 10 ** 9]) {
      const answer = await put({ auth_time: server.clock.now() + ahead });
      expect(verdict(answer)).toEqual([400, 'invalid_request']);
      expect(answer.text).toContain('auth_time');
    }
  });

  test('may be of now, before, or by a clock that is a little ahead', async () => {
    for (const ahead of [-day, 0, 60]) {
      expect((await put({ auth_time: server.clock.now() + ahead })).status).toBeLessThan(300);
    }
  });
});

test('a clock that is a little ahead makes no authentication younger than it is', async () => {
  const sub = 'ahead';
  const message = await server.page.put(await client.start(), { sub, auth_time: server.clock.now() + 60 });
  expect(object(message['sub_session'])['auth_time']).toBe(server.clock.now());
});

test('nor is a session begun in the future, where it would outlive its max_life', async () => {
  const answer = await server.call('POST', sessions, { sub: 'alice', creation_time: server.clock.now() + day });
  expect(verdict(answer)).toEqual([400, 'invalid_request']);
});

describe('after the clock was set back', () => {
  test.each(['max_age', 'auth_life'])('an authentication in the future is older than %s', async (limit) => {
    const own = await startTestServer();
    try {
      const party = await own.register();
      own.clock.advance(2 * day);
      const auth_life = limit === 'auth_life' ? 10 : -1;
      const { subSid = '' } = await party.authorize({}, { authentication: { auth_life } });
      own.clock.advance(-day);
      const asked = limit === 'max_age' ? { max_age: `${10 * day}` } : {};
      const silent = await party.login({ ...asked, prompt: 'none' }, { subSid });
      expect(silent.params.get('error')).toBe('login_required');
      const again = await party.login(asked, { subSid });
      expect(again.steps).toEqual(['auth', 'response']);
      expect((await party.login(asked, { subSid: again.subSid ?? '' })).steps).toEqual(['response']);
    } finally {
      await own.close();
    }
  });

  test('by no more than clocks may differ, it is one of now', async () => {
    const { subSid = '' } = await client.authorize({}, { sub: 'differing' });
    server.clock.advance(-60);
    expect((await client.login({ max_age: '5' }, { subSid })).steps).toEqual(['response']);
    server.clock.advance(60);
  });
});
