import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { builtInFeatures } from '../../src/features.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { noEvents } from '../../src/ports/events.ts';
import { type Caller, createCaller } from '../../src/testing/caller/caller.ts';
import type { TestClient } from '../../src/testing/caller/client.ts';
import { pkce } from '../../src/testing/caller/pkce.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { testSettings } from '../../src/testing/test-server.ts';
import { startPostgres } from '../support/postgres.ts';
import { type OldDatabase, oldPostgres, oldSqlite } from './release-0.1.ts';

const server = await startPostgres();
afterAll(async () => {
  if (server.available) await server.stop();
});

const databases: readonly [string, () => Promise<OldDatabase>][] = [['SQLite', oldSqlite]];
const all = server.available ? [...databases, ['PostgreSQL', () => oldPostgres(server)] as const] : databases;

if (!server.available) describe.skip(`a server on a database of release 0.1 in PostgreSQL (${server.reason})`);

describe.each(all)('a server on a database of release 0.1 in %s', (_, open) => {
  let old: OldDatabase;
  let caller: Caller;
  let close: () => Promise<void>;

  beforeEach(async () => {
    old = await open();
    const storage = await old.open();
    const { issuer } = old.secrets;
    const port = await freePort();
    const properties = {
      'op.issuer': issuer,
      'http.port': `${port}`,
      'sessionStore.maxLifetime': '-1',
      'sessionStore.authLifetime': '-1',
      'sessionStore.maxIdleTime': '-1',
    };
    const app = await createApp({
      features: builtInFeatures,
      settingsOf: await testSettings(properties),
      issuer,
      storage,
      clock: old.clock,
      events: noEvents,
      metrics: createMetrics(),
      mounts: [],
    });
    await app.server.listen();
    caller = createCaller(`http://localhost:${port}`);
    close = async () => {
      await app.close();
      await storage.close();
      await old.dispose();
    };
  });
  afterEach(() => close());

  /** The client as it reads its own registration, with its registration access token. */
  async function clientOf(name: 'web' | 'spa'): Promise<TestClient> {
    const { client_id, client_secret, registration_access_token } = old.secrets.clients[name];
    const own = caller.bearing(registration_access_token);
    const { status, body } = await own.call('GET', `/clients/${client_id}`);
    expect(status).toBe(200);
    return caller.as({ ...body, ...(client_secret === undefined ? {} : { client_secret }) });
  }

  test('registrations, secrets and access tokens of both encodings go on', async () => {
    const [web, spa] = [await clientOf('web'), await clientOf('spa')];
    for (const [name, tokens] of Object.entries(old.secrets.live)) {
      expect([name, await web.isActive(tokens.access_token)]).toEqual([name, true]);
    }
    expect(spa.secret).toBe('');
    const info = await caller.userInfo(old.secrets.live['steady']?.access_token ?? '');
    expect([info.status, info.body['sub']]).toEqual([200, 'bob']);
  });

  test('refresh tokens of every kind give tokens, and those that rotate go on with the next', async () => {
    const clients = { web: await clientOf('web'), spa: await clientOf('spa') };
    for (const [name, { client, refresh_token }] of Object.entries(old.secrets.live)) {
      if (refresh_token === undefined || client === 'gone') continue;
      const first = await clients[client].refresh(refresh_token);
      expect([name, first.status, first.text]).toEqual([name, 200, first.text]);
      expect(await clients.web.isActive(first.access)).toBe(true);
      const second = await clients[client].refresh(first.refresh === '' ? refresh_token : first.refresh);
      expect([name, second.status]).toEqual([name, 200]);
    }
  });

  test('what was revoked stays so', async () => {
    const web = await clientOf('web');
    for (const [name, tokens] of Object.entries(old.secrets.revoked)) {
      expect([name, await web.isActive(tokens.access_token)]).toEqual([name, false]);
      if (tokens.first_access_token !== undefined) expect(await web.isActive(tokens.first_access_token)).toBe(false);
      if (tokens.refresh_token === undefined || tokens.client === 'gone') continue;
      expect([name, (await web.refresh(tokens.refresh_token)).status]).toEqual([name, 400]);
    }
  });

  test('rotated refresh tokens are worth nothing', async () => {
    const web = await clientOf('web');
    for (const [name, token] of Object.entries(old.secrets.rotatedAway)) {
      const answer = await web.refresh(token);
      expect([name, answer.status, answer.body['error']]).toEqual([name, 400, 'invalid_grant']);
    }
  });

  test('a removed client stays removed', async () => {
    const { client_id, registration_access_token } = old.secrets.clients.gone;
    const own = caller.bearing(registration_access_token);
    expect((await own.call('GET', `/clients/${client_id}`)).status).toBe(401);
  });

  test('sessions without end and what was consented are remembered: nobody is asked', async () => {
    const web = await clientOf('web');
    const subSid = old.secrets.sessions['victor'];
    const fresh = await web.login({ prompt: 'none' }, { sub: 'victor', ...(subSid === undefined ? {} : { subSid }) });
    // Victor has a session, but his consent was for once.
    expect(fresh.params.get('error')).toBe('consent_required');
    const bob = await web.login({}, { sub: 'bob' });
    expect(bob.steps).toEqual(['auth', 'response']);
  });

  test('the public client signs its user in again without being asked for consent', async () => {
    const spa = await clientOf('spa');
    const challenge = { code_challenge: pkce.challenge, code_challenge_method: 'S256' };
    const { steps, params } = await spa.login(challenge, { sub: 'alice' });
    expect(steps).toEqual(['auth', 'response']);
    const tokens = await spa.redeem(params.get('code') ?? '', { code_verifier: pkce.verifier });
    expect(tokens.status).toBe(200);
    // The grant from before is not touched by it.
    expect((await spa.refresh(old.secrets.live['publicClient']?.refresh_token ?? '')).status).toBe(200);
  });
});
