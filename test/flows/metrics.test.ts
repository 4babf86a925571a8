import { expect, test } from 'vitest';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer } from '../../src/testing/test-server.ts';
import { createLoginPage } from './login-page.ts';
import { object, registerRelyingParty, text } from './relying-party.ts';

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
      const get: typeof stores.authzSessions.get = (key) =>
        broken ? Promise.reject(new Error('the disk is gone')) : stores.authzSessions.get(key);
      return {
        ...stores,
        accessTokens: { ...stores.accessTokens, find },
        authzSessions: { ...stores.authzSessions, get },
      };
    },
  };
  const server = await startTestServer({ clock, storage });
  try {
    const grant_types = ['authorization_code', 'client_credentials'];
    const party = await registerRelyingParty(server, { grant_types });
    const consent = { access_token: { encoding: 'IDENTIFIER' } };
    const { access_token: token } = await party.tokens({}, { consent });
    const use = async () => [
      (await party.post('/token/introspect', { token: text(token) })).status,
      (await party.post('/token/revoke', { token: text(token) })).status,
      (await fetch(`${server.issuer}/userinfo`, { headers: { Authorization: `Bearer ${text(token)}` } })).status,
    ];
    const page = createLoginPage(server, party);
    const { sid } = await page.start({ prompt: 'consent' });
    broken = true;
    expect(await use()).toEqual([500, 500, 500]);
    expect((await server.api('PUT', `/authz-sessions/rest/v3/${text(sid)}`, { sub: 'alice' })).status).toBe(500);

    const { meters, timers } = await server.json('GET', '/monitor/v1/metrics');
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
