import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, textIn } from '../../src/testing/caller/answer.ts';
import { redirectUri, type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { codeIn, sessionsPath } from '../../src/testing/caller/login-page.ts';
import { text } from '../../src/testing/caller/values.ts';
import { startPostgres } from '../support/postgres.ts';
import { type Cluster, startCluster } from './cluster.ts';

const CALLS = 200;
/** Seconds; the default of op.reg.clientCacheLifetime. */
const CLIENT_CACHE_LIFETIME = 2;

const postgres = await startPostgres();
const directory = mkdtempSync(join(tmpdir(), 'tessera-processes-'));
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  if (postgres.available) await postgres.stop();
});

const stores = [
  {
    store: `PostgreSQL${postgres.available ? '' : ` (${postgres.reason})`}`,
    available: postgres.available,
    processes: 4,
    async properties(): Promise<Record<string, string>> {
      if (!postgres.available) return {};
      const { connectionString } = await postgres.createDatabase();
      return { 'storage.profile': 'postgres', 'dataSource.url': connectionString };
    },
  },
  {
    store: 'SQLite',
    available: true,
    processes: 2,
    properties: async () => ({ 'storage.profile': 'sqlite', 'storage.sqlite.file': join(directory, 'shared.db') }),
  },
];

const outcome = ({ status, body }: Answer) => `${status} ${typeof body['error'] === 'string' ? body['error'] : 'ok'}`;

function count(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const winner = (answers: readonly Answer[]): Answer => {
  const found = answers.find(({ status }) => status < 300);
  if (!found) throw new Error('nobody won');
  return found;
};

for (const { store, available, processes, properties } of stores) {
  describe.skipIf(!available)(`${processes} server processes on one ${store}, over HTTP`, () => {
    let cluster: Cluster;
    let client: TestClient;

    beforeAll(async () => {
      cluster = await startCluster(processes, await properties());
      client = await cluster.at(0).register(versatile);
    });
    afterAll(() => cluster?.[Symbol.asyncDispose]());

    test.each(['IDENTIFIER', 'SELF_CONTAINED'])(
      '200 parallel redemptions of one code: one wins, and loses what it won (%s access tokens)',
      async (encoding) => {
        const { code } = await client.authorize(
          {},
          { sub: `alice-${encoding}`, consent: { access_token: { encoding } } },
        );
        const answers = await cluster.race(CALLS, (caller) => client.by(caller).redeem(code));
        expect(count(answers.map(outcome))).toEqual({ '200 ok': 1, '400 invalid_grant': CALLS - 1 });
        const won = winner(answers);
        for (const caller of cluster.callers) {
          expect(await client.by(caller).isActive(textIn(won, 'access_token'))).toBe(false);
          // Absent where a replay was faster than the answer.
          const refreshToken = won.body['refresh_token'] ?? 'none';
          expect(outcome(await client.by(caller).refresh(`${refreshToken}`))).toBe('400 invalid_grant');
        }
      },
    );

    test.each([true, false])(
      '200 parallel uses of one refresh token rotate it once (long-lived: %s)',
      async (long_lived) => {
        const consent = { long_lived, refresh_token: { rotate: true }, access_token: { encoding: 'IDENTIFIER' } };
        const { code } = await client.authorize({ prompt: 'login' }, { sub: 'bob', consent });
        const first = await client.by(cluster.at(1)).redeem(code);
        const rotated = await client.by(cluster.at(2)).refresh(textIn(first, 'refresh_token'));
        const token = textIn(rotated, 'refresh_token');
        expect(token).not.toBe(textIn(first, 'refresh_token'));
        const answers = await cluster.race(CALLS, (caller) => client.by(caller).refresh(token));
        // Within the grace period everybody gets an answer, and all of them the one successor.
        expect(count(answers.map(outcome))).toEqual({ '200 ok': CALLS });
        expect(new Set(answers.map((answer) => textIn(answer, 'refresh_token'))).size).toBe(1);
        // One that was rotated away twice is a replay at once, and ends the grant everywhere.
        expect(outcome(await client.by(cluster.at(0)).refresh(textIn(first, 'refresh_token')))).toBe(
          '400 invalid_grant',
        );
        for (const caller of cluster.callers) {
          for (const issued of [first, rotated, winner(answers)]) {
            expect(await client.by(caller).isActive(textIn(issued, 'access_token'))).toBe(false);
            expect(outcome(await client.by(caller).refresh(textIn(issued, 'refresh_token')))).toBe('400 invalid_grant');
          }
        }
      },
    );

    test('without a grace period one of 200 parallel uses wins, and its grant ends', async () => {
      // Their storage is that of the other cluster, and so of its issuer.
      const strict = { 'authzStore.refreshToken.rotatedReuseGracePeriod': '0', 'op.issuer': cluster.issuer };
      await using others = await startCluster(2, { ...(await properties()), ...strict });
      const client = await others.at(0).register(versatile);
      const consent = { long_lived: true, refresh_token: { rotate: true }, access_token: { encoding: 'IDENTIFIER' } };
      const { refresh: token } = await client.tokens({}, { sub: 'bob', consent });
      const answers = await others.race(CALLS, (caller) => client.by(caller).refresh(token));
      expect(count(answers.map(outcome))).toEqual({ '200 ok': 1, '400 invalid_grant': CALLS - 1 });
      const won = winner(answers);
      for (const caller of others.callers) {
        expect(await client.by(caller).isActive(textIn(won, 'access_token'))).toBe(false);
        expect(outcome(await client.by(caller).refresh(textIn(won, 'refresh_token')))).toBe('400 invalid_grant');
      }
    });

    test('200 parallel registrations with one initial access token: one is registered', async () => {
      const portal = await cluster.at(0).register({ grant_types: ['client_credentials'], scope: 'client-reg' });
      const issued = await portal.by(cluster.at(1)).token({ grant_type: 'client_credentials' });
      const headers = { Authorization: `Bearer ${textIn(issued, 'access_token')}` };
      const answers = await cluster.race(CALLS, (caller) =>
        caller.call('POST', '/clients', { redirect_uris: [redirectUri] }, headers),
      );
      expect(count(answers.map(outcome))).toEqual({ '201 ok': 1, '401 invalid_token': CALLS - 1 });
    });

    test('parallel consents to one authorisation session: one code', async () => {
      const consent = await cluster.at(0).page.put(await client.start(), { sub: 'carol' });
      const path = `${sessionsPath}/${text(consent['sid'])}`;
      const answers = await cluster.race(40, (caller) => caller.call('PUT', path, { scope: ['openid'] }));
      const codes = answers.flatMap(({ body }) => codeIn(body) ?? []);
      expect(codes).toHaveLength(1);
      const refused = answers.filter((answer) => !codeIn(answer.body)).map(outcome);
      // Those who came later find no session, those who came at the same time lost it.
      expect(
        [...new Set(refused)].filter((word) => !/^(?:404 invalid_session|400 invalid_request)$/.test(word)),
      ).toEqual([]);
      expect((await client.by(cluster.at(1)).redeem(codes[0] ?? '')).status).toBe(200);
    });

    test('a client registered in one process is known in the others at once', async () => {
      for (let process = 0; process < processes; process++) {
        const fresh = await cluster.at(process).register(versatile);
        const uses = cluster.callers.map((caller) => fresh.by(caller).token({ grant_type: 'client_credentials' }));
        expect(count((await Promise.all(uses)).map(outcome))).toEqual({ '200 ok': processes });
      }
    });

    test('a client deleted in one process is refused in the others within op.reg.clientCacheLifetime', async () => {
      const doomed = await cluster.at(0).register(versatile);
      const use = () =>
        Promise.all(cluster.callers.map((caller) => doomed.by(caller).token({ grant_type: 'client_credentials' })));
      const tokens = (await use()).map((answer) => textIn(answer, 'access_token'));
      const deletion = await cluster.at(0).call('DELETE', `/clients/${doomed.id}`);
      expect(deletion.status).toBe(204);
      const deletedAt = performance.now();
      const meanwhile = await use();
      expect(outcome(meanwhile[0] ?? deletion)).toBe('401 invalid_client');
      // A process that has not noticed yet still answers; what it issues is worth nothing.
      tokens.push(...meanwhile.filter(({ status }) => status === 200).map((answer) => textIn(answer, 'access_token')));
      // The cache of another process is a matter of real time; nothing else tells that it has run out.
      await setTimeout(CLIENT_CACHE_LIFETIME * 1000 - (performance.now() - deletedAt));
      expect(count((await use()).map(outcome))).toEqual({ '401 invalid_client': processes });
      for (const caller of cluster.callers) {
        expect(await Promise.all(tokens.map((token) => client.by(caller).isActive(token)))).not.toContain(true);
      }
    });
  });
}
