import { afterAll, beforeAll, expect, test } from 'vitest';
import { events } from '../../src/events/catalogue.ts';
import type { Subscriber } from '../../src/ports/events.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const heard: Parameters<Subscriber>[] = [];
let server: TestServer;
let online: TestClient;
let offline: TestClient;

beforeAll(async () => {
  server = await startTestServer({ listeners: [(...told) => void heard.push(told)] });
  online = await server.register({ ...versatile, grant_types: ['authorization_code', 'client_credentials'] });
  offline = await server.register(versatile);
});
afterAll(() => server.close());

const scope = 'openid offline_access read';
const warnings = () => heard.filter(([event]) => event === events.authorization.offlineAccessIgnored);

test('a client without refresh tokens is neither asked for offline_access nor told of it', async () => {
  heard.length = 0;
  const message = await server.page.put(await online.start({ scope }), { sub: 'asked' });
  expect(message).toMatchObject({ type: 'consent', scope: { new: ['openid', 'read'] } });
  expect(warnings().map(([, fields]) => fields)).toEqual([{ clientId: online.id }]);

  for (const consent of [{}, { scope: ['openid', 'offline_access', 'read'], claims: [] }]) {
    const tokens = await online.tokens({ scope }, { sub: `told ${JSON.stringify(consent)}`, consent });
    expect(tokens.body['scope']).toBe('openid read');
    expect(tokens.refresh).toBe('');
  }
});

test('it is not asked again for it', async () => {
  const { subSid = '' } = await online.authorize({ scope }, { sub: 'again' });
  expect((await online.login({ scope }, { subSid, sub: 'again' })).steps).toEqual(['response']);
});

test('a client with refresh tokens gets both or neither', async () => {
  heard.length = 0;
  const both = await offline.tokens({ scope }, { sub: 'both' });
  expect([both.body['scope'], both.refresh]).toEqual([scope, expect.stringMatching(/./)]);
  const neither = await offline.tokens({ scope }, { sub: 'neither', consent: { refresh_token: { issue: false } } });
  expect([neither.body['scope'], neither.refresh]).toEqual(['openid read', '']);
  expect(warnings()).toEqual([]);
});

test('a client for itself has no offline access', async () => {
  for (const asked of [{}, { scope: 'read offline_access' }]) {
    const { body } = await offline.token({ grant_type: 'client_credentials', ...asked });
    expect(body['scope']).not.toContain('offline_access');
  }
});
