import { expect, test } from 'vitest';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { object, text } from '../../src/testing/caller/values.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer } from '../../src/testing/test-server.ts';

test('each endpoint tells how long it takes, and how often it fails', async () => {
  const clock = createFakeClock();
  const memory = openMemoryStorage({ clock });
  let broken = false;
  const storage: Storage = {
    ...memory,
    tenant(tid) {
      const stores = memory.tenant(tid);
      const find: typeof stores.accessTokens.find = (key) =>
        broken ? Promise.reject(new Error('the disk is gone')) : stores.accessTokens.find(key);
      const records: typeof stores.records = (kind) => {
        const store = stores.records(kind);
        return { ...store, get: (key) => (broken ? Promise.reject(new Error('the disk is gone')) : store.get(key)) };
      };
      return { ...stores, accessTokens: { ...stores.accessTokens, find }, records };
    },
  };
  const server = await startTestServer({ clock, storage });
  try {
    const grant_types = ['authorization_code', 'client_credentials'];
    const party = await server.register({ grant_types });
    const consent = { access_token: { encoding: 'IDENTIFIER' } };
    const { access: token } = await party.tokens({}, { consent });
    const use = async () => [
      (await party.post('/token/introspect', { token: text(token) })).status,
      (await party.post('/token/revoke', { token: text(token) })).status,
      (await server.send('/userinfo', { headers: { Authorization: `Bearer ${text(token)}` } })).status,
    ];
    const { sid } = await party.start({ prompt: 'consent' });
    broken = true;
    expect(await use()).toEqual([500, 500, 500]);
    expect((await server.call('PUT', `/authz-sessions/rest/v3/${text(sid)}`, { sub: 'alice' })).status).toBe(500);

    const { meters, timers } = (await server.call('GET', '/monitor/v1/metrics')).body;
    for (const endpoint of ['introspectionEndpoint', 'revocationEndpoint', 'userInfoEndpoint', 'authzEndpoint']) {
      expect([endpoint, object(meters)[`${endpoint}.serverErrors`]]).toMatchObject([endpoint, { count: 1 }]);
    }
    for (const [timer, count] of [
      ['introspectionEndpoint.requestTimer', 1],
      ['userInfoEndpoint.requestTimer', 1],
      ['tokenEndpoint.requestTimer', 1],
      ['authzEndpoint.startTimer', 2],
      ['authzEndpoint.authTimer', 1],
      ['authzEndpoint.consentTimer', 1],
    ] as const) {
      expect([timer, object(timers)[timer]]).toMatchObject([timer, { count }]);
    }
  } finally {
    await server.close();
  }
});
