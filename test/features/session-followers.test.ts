import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordKind } from '../../src/ports/stores/records.ts';
import type { Feature } from '../../src/protocol/features/feature.ts';
import { add } from '../../src/protocol/features/kinds.ts';
import { sessionFollowers } from '../../src/protocol/subject-sessions/session-followers.ts';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { text } from '../../src/testing/caller/values.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { onEveryStore } from '../support/every-store.ts';

/** What has to be done for a session that has ended. */
const errands = recordKind<{ readonly sub: string; readonly rps: readonly string[] }>('test-errand');

const errandFeature: Feature = {
  name: 'errands',
  title: 'Errands at the end of sessions',
  records: [errands],
  registers: ({ clock }) => [
    add(sessionFollowers, {
      name: 'errands',
      follow: (ended) =>
        ended.map(({ key, session: { sub, rps = [] } }) => ({
          kind: errands.name,
          key,
          value: { sub, rps },
          expiresAt: clock.now() + 1_000_000,
        })),
    }),
  ],
};

onEveryStore((open) => {
  let server: TestServer;
  let client: TestClient;
  beforeAll(async () => {
    const clock = createFakeClock();
    const storage = await open(clock);
    const properties = { 'sessionStore.quotaPerSubject': '2' };
    server = await startTestServer({ clock, storage, properties, features: [errandFeature] });
    client = await server.register();
  });
  afterAll(async () => {
    await server.close();
    await server.storage.close();
  });

  /** The errand of a session, by its identifier. */
  async function errandOf(sid: string) {
    const { identifiers, stores } = server.provider;
    const key = identifiers.check('subject-session', sid)?.key ?? '';
    return (await stores.records(errands).get(key))?.value;
  }
  const signIn = async (sub: string) => text((await client.login({ prompt: 'login' }, { sub })).subSid);
  const done = (sub: string) => ({ sub, rps: [client.id] });

  test('a session that the web API closes leaves its errand', async () => {
    const sid = await signIn('api');
    expect(await errandOf(sid)).toBeUndefined();
    await server.call('DELETE', '/session-store/rest/v2/sessions', undefined, { SID: sid });
    expect(await errandOf(sid)).toEqual(done('api'));
  });

  test('those of a subject leave theirs', async () => {
    const sids = [await signIn('many'), await signIn('many')];
    await server.call('DELETE', '/session-store/rest/v2/sessions?subject=many');
    for (const sid of sids) expect(await errandOf(sid)).toEqual(done('many'));
  });

  test('one that the quota closes leaves its errand, and the others none', async () => {
    const [first, second, third] = [await signIn('crowd'), await signIn('crowd'), await signIn('crowd')];
    expect(await errandOf(first ?? '')).toEqual(done('crowd'));
    for (const sid of [second, third]) expect(await errandOf(sid ?? '')).toBeUndefined();
  });

  test('one that another user replaces in the browser leaves its errand', async () => {
    const sid = await signIn('before');
    await client.login({ prompt: 'login' }, { sub: 'after', subSid: sid });
    expect(await errandOf(sid)).toEqual(done('before'));
  });

  test('one that expires leaves its errand when it is purged', async () => {
    const authentication = { max_life: 10 };
    const sid = text((await client.login({ prompt: 'login' }, { sub: 'late', authentication })).subSid);
    server.clock.advance(600);
    const { registry } = server.provider;
    const followers = [...registry.of(sessionFollowers).values()];
    await server.storage.purge((_tid, ended) => followers.flatMap(({ follow }) => follow(ended)));
    expect(await errandOf(sid)).toEqual(done('late'));
  });
});
