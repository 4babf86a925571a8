import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { add } from '../../src/protocol/features/kinds.ts';
import { sessionFollowers } from '../../src/protocol/subject-sessions/session-followers.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { claimsOf } from '../../src/testing/caller/jwt.ts';
import { codeIn } from '../../src/testing/caller/login-page.ts';
import { type Answered, object, text } from '../../src/testing/caller/values.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { onEveryStore } from '../support/every-store.ts';

const sessions = '/session-store/rest/v2/sessions';
const sidIn = (message: Answered) => text(object(message['sub_session'])['sid']);

onEveryStore((open) => {
  let server: TestServer;
  let storage: Storage;
  let client: TestClient;
  const ended: string[] = [];

  beforeAll(async () => {
    const clock = createFakeClock();
    storage = await open(clock);
    const follower = {
      name: 'listening',
      follow: (gone: readonly { readonly key: string }[]) => {
        ended.push(...gone.map(({ key }) => key));
        return [];
      },
    };
    const feature = { name: 'listening', title: 'Listening', registers: () => [add(sessionFollowers, follower)] };
    server = await startTestServer({ clock, storage, features: [feature] });
    client = await server.register({ ...versatile, backchannel_logout_session_required: true });
  });
  afterAll(async () => {
    await server.close();
    await storage.close();
  });

  const isGood = async (sid: string) =>
    (await server.call('GET', `${sessions}`, undefined, { SID: sid })).status === 200;
  const countOf = async (sub: string) => (await server.call('GET', `${sessions}?subject=${sub}`)).json;
  let people = 0;
  /** A subject with a session and a grant that belongs to it. */
  async function signedIn() {
    const sub = `person-${++people}`;
    const consent = { id_token: { allow_refresh: true } };
    const { code, subSid = '' } = await client.authorize({}, { sub, consent });
    return { sub, sid: subSid, tokens: await client.redeem(code) };
  }
  const start = (parameters: Record<string, string>, sid: string) => client.start(parameters, { sub_sid: sid });

  describe('who authenticates again', () => {
    test.each<[string, Record<string, string>, object]>([
      ['by prompt=login', { prompt: 'login' }, {}],
      ['by max_age', { max_age: '0' }, {}],
      ['to step up', { acr_values: 'high' }, { acr: 'high' }],
    ])('%s has another identifier, and the old one opens nothing', async (_how, parameters, authentication) => {
      const { sub, sid } = await signedIn();
      const answer = await server.page.put(await start(parameters, sid), { sub, ...authentication });
      expect(answer['type']).toBe('response');
      const next = text(answer['sub_sid']);
      expect(next).not.toBe(sid);
      expect([await isGood(sid), await isGood(next)]).toEqual([false, true]);
      expect(await start({}, sid)).toMatchObject({ type: 'auth' });
      expect(await start({}, sid)).not.toHaveProperty('sub_session');
      expect((await server.call('DELETE', sessions, undefined, { SID: sid })).status).toBe(404);
      expect(await start({}, next)).toMatchObject({ type: 'response' });
      expect(await countOf(sub)).toHaveLength(1);
    });

    test('is told so in the consent prompt as well, and in the final response', async () => {
      const { sub, sid } = await signedIn();
      const message = await server.page.put(await start({ prompt: 'login consent' }, sid), { sub });
      const next = sidIn(message);
      expect([await isGood(sid), await isGood(next)]).toEqual([false, true]);
      expect((await server.page.put(message, { scope: ['openid'] }))['sub_sid']).toBe(next);
    });

    test('each time anew', async () => {
      const { sub, sid } = await signedIn();
      const seen = [sid];
      for (let round = 0; round < 3; round++) {
        const answer = await server.page.put(await start({ prompt: 'login' }, text(seen.at(-1))), { sub });
        seen.push(text(answer['sub_sid']));
      }
      expect(new Set(seen).size).toBe(4);
      expect(await Promise.all(seen.map(isGood))).toEqual([false, false, false, true]);
    });

    test('keeps the session: its grants, its sid for clients, and what follows its end', async () => {
      const { sub, sid, tokens } = await signedIn();
      const answer = await server.page.put(await start({ prompt: 'login' }, sid), { sub });
      const second = await client.redeem(codeIn(answer) ?? '');
      expect(claimsOf(second.id)['sid']).toBe(claimsOf(tokens.id)['sid']);
      expect((await client.refresh(tokens.refresh)).id).not.toBe('');

      ended.length = 0;
      const gone = await server.call('DELETE', sessions, undefined, { SID: text(answer['sub_sid']) });
      expect(gone.body['rps']).toEqual([client.id]);
      expect(ended).toHaveLength(1);
      expect((await client.refresh(tokens.refresh)).id).toBe('');
    });

    test('has no internal members in what the web APIs show', async () => {
      const { sub, sid } = await signedIn();
      const asked = { prompt: 'login consent', acr_values: 'unheard-of' };
      const message = await server.page.put(await start(asked, sid), { sub });
      const next = sidIn(message);
      const shown = await server.call('GET', sessions, undefined, { SID: next });
      const listed = object(object(await countOf(sub))[0]);
      const inspected = await server.call('GET', `/authz-sessions/rest/v3/${text(message['sid'])}`);
      const { sid: _sid, ...inPrompt } = object(inspected.body['sub_session']);
      for (const view of [shown.body, listed, inPrompt]) {
        expect(Object.keys(view).sort()).toEqual([
          ...['auth_life', 'auth_time', 'creation_time', 'ctx', 'max_idle', 'max_life', 'rps', 'sub'],
        ]);
      }
    });
  });

  test('an authentication that is replaced in the session store changes the identifier', async () => {
    const { sub, sid } = await signedIn();
    const path = `${sessions}/subject-auth`;
    const answer = await server.call('PUT', path, { sub, acr: 'high' }, { SID: sid });
    const next = text(answer.headers.get('sid'));
    expect([answer.status, await isGood(sid), await isGood(next)]).toEqual([204, false, true]);
    expect((await server.call('PUT', path, { sub }, { SID: sid })).status).toBe(404);
    expect((await server.call('GET', sessions, undefined, { SID: next })).body).toMatchObject({ acr: 'high' });
  });

  test('of 20 authentications at once one wins, and what it was told is good', async () => {
    const { sub, sid } = await signedIn();
    const message = await start({ prompt: 'login' }, sid);
    const path = `/authz-sessions/rest/v3/${text(message['sid'])}`;
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.call('PUT', path, { sub })));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(await isGood(text(won[0]?.body['sub_sid']))).toBe(true);
  });

  describe('in two tabs', () => {
    test('the same subject signs in to one session, and each goes on', async () => {
      const other = await server.register(versatile);
      const sub = `tabs-${++people}`;
      const [one, two] = [await client.start(), await other.start()];
      const first = await server.page.put(one, { sub });
      const second = await server.page.put(two, { sub, sub_sid: sidIn(first) });
      const latest = sidIn(second);
      expect(await countOf(sub)).toHaveLength(1);
      expect([await isGood(sidIn(first)), await isGood(latest)]).toEqual([false, true]);

      // What the first tab is told must not take the cookie back to a worthless identifier.
      const finished = await server.page.put(first, { scope: ['openid'] });
      expect([finished['type'], finished['sub_sid']]).toEqual(['response', undefined]);
      const answer = await server.page.put(second, { scope: ['openid'] });
      expect(answer['sub_sid']).toBe(latest);
      const tokens = [await client.redeem(codeIn(finished) ?? ''), await other.redeem(codeIn(answer) ?? '')];
      expect(tokens.map(({ id }) => claimsOf(id)['sub'])).toEqual([sub, sub]);
      const session = (await server.call('GET', sessions, undefined, { SID: latest })).body;
      expect(session['rps']).toEqual([client.id, other.id]);
    });

    test('another subject ends the session of the first, whose request goes no further', async () => {
      const [one, two] = [await client.start(), await client.start()];
      const first = await server.page.put(one, { sub: `alice-${++people}` });
      const second = await server.page.put(two, { sub: `bob-${people}`, sub_sid: sidIn(first) });
      expect([await isGood(sidIn(first)), await isGood(sidIn(second))]).toEqual([false, true]);
      const finished = await server.page.put(first, { scope: ['openid'] });
      expect(JSON.stringify(finished)).toContain('error=login_required');
    });

    test.each([null, '', 'left-over', 7])('a cookie of %j is none', async (sub_sid) => {
      const sub = `cookieless-${++people}`;
      const message = await server.page.put(await client.start(), { sub, sub_sid });
      expect(await isGood(sidIn(message))).toBe(true);
    });

    test('a session that was carried off to another user agent is not gone on with', async () => {
      const sub = `bound-${++people}`;
      const [mine, thiefs] = ['a'.repeat(43), 'b'.repeat(43)];
      const bound = await server.page.put(await client.start({}, { fpt: mine }), { sub });
      const message = await server.page.put(await client.start({}, { fpt: thiefs }), { sub, sub_sid: sidIn(bound) });
      expect(object(message['sub_session'])).toMatchObject({ fpt: thiefs });
      expect(await isGood(sidIn(bound))).toBe(false);
    });
  });
});
