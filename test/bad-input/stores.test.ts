import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import { basic, type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { claimsOf } from '../../src/testing/caller/jwt.ts';
import { createFakeClock, type FakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { captureLog } from '../security/captured-log.ts';
import { startPostgres } from '../support/postgres.ts';

const postgres = await startPostgres();
afterAll(async () => {
  if (postgres.available) await postgres.stop();
});

/** Texts that a database takes for the end of a string, a statement, or no text at all. */
const hostileTexts = [
  '\u0000',
  'a\u0000b',
  '\ud800',
  'x\udfff',
  '\uffff0000',
  "'; DROP TABLE clients; --",
  "' OR '1'='1",
  '"; DELETE FROM clients; --',
  '\\',
  "\\'",
  '%',
  '_',
  '$1',
  '?',
  ':name',
  '{}',
  '__proto__',
  'constructor',
  '😀'.repeat(60),
  'é\u0301',
  '\u202e\u2028\ufeff',
  'A'.repeat(255),
  ' ',
  'NULL',
];

function suite(name: string, open: (clock: FakeClock) => Promise<{ storage: Storage; dispose(): Promise<void> }>) {
  describe(name, () => {
    let server: TestServer;
    let client: TestClient;
    let dispose: () => Promise<void>;
    const captured = captureLog();

    beforeAll(async () => {
      const clock = createFakeClock();
      const opened = await open(clock);
      dispose = opened.dispose;
      server = await startTestServer({ storage: opened.storage, clock, log: captured.log });
      client = await server.register(versatile);
    });
    afterAll(async () => {
      expect(captured.faults()).toEqual([]);
      await server.close();
      await dispose();
    });

    test.each(hostileTexts)('%j goes through a whole flow as it is, or is refused', async (text) => {
      for (const encoding of ['SELF_CONTAINED', 'IDENTIFIER']) {
        const extra = { state: 's', nonce: text, login_hint: text, custom: text, acr_values: 'x' };
        const authentication = { acr: `x${text}`, amr: [text], claims: { [text]: text }, data: { [text]: text } };
        const consent = { access_token: { encoding }, data: { [text]: text }, claims: ['*', text], audience: [] };
        const flow = await client.authorize(extra, { sub: text, authentication, consent });
        const tokens = await client.redeem(flow.code);
        // JSON has no lone surrogates in UTF-8: they come as the replacement character or as an escape.
        if (text.isWellFormed()) expect(claimsOf(tokens.id)['sub']).toBe(text);
        expect(await client.isActive(tokens.access)).toBe(true);
        expect((await server.userInfo(tokens.access)).status).toBe(200);
        expect((await client.refresh(tokens.refresh)).status).toBe(200);
        const again = await client.authorize(extra, {
          sub: text,
          authentication,
          subSid: String(flow.subSid),
        });
        expect(again.code).not.toBe(flow.code);
        expect((await client.revoke(tokens.refresh)).status).toBe(200);
        expect(await client.isActive(tokens.access)).toBe(false);
      }
    });

    test('each subject is itself: no text is taken for another', async () => {
      for (const [index, sub] of hostileTexts.entries()) {
        (await server.call('POST', '/session-store/rest/v2/sessions', { sub, acr: String(index) })).body;
      }
      for (const [index, sub] of hostileTexts.entries()) {
        // A query string has no lone surrogates.
        if (!sub.isWellFormed()) continue;
        const path = `/session-store/rest/v2/sessions?subject=${encodeURIComponent(sub)}`;
        const list: unknown = (await server.call('DELETE', path)).json;
        const sessions = Array.isArray(list) ? list : [];
        expect(sessions.some((session) => session.acr === String(index))).toBe(true);
        expect(sessions.every((session) => session.sub === sub)).toBe(true);
      }
    });

    test('as client they are nobody, and as metadata they are kept or refused', async () => {
      for (const text of hostileTexts) {
        const wellFormed = text.toWellFormed();
        const credentials = basic({ id: wellFormed, secret: wellFormed });
        expect((await server.post('/token', { grant_type: 'client_credentials' }, credentials)).status).toBe(401);
        const path = `/clients/${encodeURIComponent(wellFormed)}`;
        expect((await server.call('GET', path)).status).toBe(404);
        for (const member of ['client_name', 'software_id', 'data', 'jwks', 'preferred_client_id']) {
          const value = member === 'data' || member === 'jwks' ? { [text]: text, keys: [{ kty: text }] } : text;
          const metadata = { redirect_uris: ['https://rp.example/cb'], [member]: value };
          const answer = await server.call('POST', '/clients', metadata);
          const json = Object(answer.json);
          expect([201, 400], `${member} ${JSON.stringify(text)}`).toContain(answer.status);
          if (answer.status !== 201) continue;
          const stored = await server.call('GET', `/clients/${encodeURIComponent(String(json.client_id))}`);
          expect(Object(stored.json)[member]).toEqual(json[member]);
        }
      }
      expect((await server.call('GET', '/clients')).status).toBe(200);
    });

    test('parallel replays end as on every storage: one winner at most, and nothing left of it', async () => {
      const { code } = await client.authorize({}, { sub: 'parallel' });
      const answers = await Promise.all(Array.from({ length: 20 }, () => client.redeem(code)));
      const won = answers.filter(({ status }) => status === 200);
      expect(won.length).toBeLessThanOrEqual(1);
      for (const { access, refresh: token } of won) {
        expect(await client.isActive(access)).toBe(false);
        expect((await client.refresh(token)).status).toBe(400);
      }
    });
  });
}

suite('SQLite', async (clock) => {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-bad-input-'));
  const storage = await openSqliteStorage({ file: join(directory, 'tessera.db'), clock });
  return {
    storage,
    async dispose() {
      await storage.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
});

if (postgres.available) {
  suite('PostgreSQL', async (clock) => {
    const { connectionString } = await postgres.createDatabase();
    const storage = await openPostgresStorage({ connectionString, clock });
    return { storage, dispose: () => storage.close() };
  });
} else {
  describe.skip(`PostgreSQL: ${postgres.reason}`, () => {
    test('is not here', () => {});
  });
}
