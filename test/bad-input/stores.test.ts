import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import { createFakeClock, type FakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import {
  type AttackClient,
  authorize,
  basic,
  decodeJwt,
  isActive,
  postForm,
  redeem,
  refresh,
  registerClient,
  tokensIn,
  userInfo,
} from '../security/attack-kit.ts';
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
    let client: AttackClient;
    let dispose: () => Promise<void>;
    const captured = captureLog();

    beforeAll(async () => {
      const clock = createFakeClock();
      const opened = await open(clock);
      dispose = opened.dispose;
      server = await startTestServer({ storage: opened.storage, clock, log: captured.log });
      client = await registerClient(server);
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
        const flow = await authorize(server, client, extra, { sub: text, authentication, consent });
        const tokens = tokensIn(await redeem(server, client, flow.code));
        // JSON has no lone surrogates in UTF-8: they come as the replacement character or as an escape.
        if (text.isWellFormed()) expect(decodeJwt(tokens.id).claims['sub']).toBe(text);
        expect(await isActive(server, client, tokens.access)).toBe(true);
        expect((await userInfo(server, tokens.access)).status).toBe(200);
        expect((await refresh(server, client, tokens.refresh)).status).toBe(200);
        const again = await authorize(server, client, extra, {
          sub: text,
          authentication,
          subSid: String(flow.subSid),
        });
        expect(again.code).not.toBe(flow.code);
        expect((await postForm(server, '/token/revoke', { token: tokens.refresh }, basic(client))).status).toBe(200);
        expect(await isActive(server, client, tokens.access)).toBe(false);
      }
    });

    test('each subject is itself: no text is taken for another', async () => {
      for (const [index, sub] of hostileTexts.entries()) {
        await server.json('POST', '/session-store/rest/v2/sessions', { sub, acr: String(index) });
      }
      for (const [index, sub] of hostileTexts.entries()) {
        // A query string has no lone surrogates.
        if (!sub.isWellFormed()) continue;
        const path = `/session-store/rest/v2/sessions?subject=${encodeURIComponent(sub)}`;
        const list: unknown = await (await server.api('DELETE', path)).json();
        const sessions = Array.isArray(list) ? list : [];
        expect(sessions.some((session) => session.acr === String(index))).toBe(true);
        expect(sessions.every((session) => session.sub === sub)).toBe(true);
      }
    });

    test('as client they are nobody, and as metadata they are kept or refused', async () => {
      for (const text of hostileTexts) {
        const wellFormed = text.toWellFormed();
        const credentials = basic({ id: wellFormed, secret: wellFormed });
        expect((await postForm(server, '/token', { grant_type: 'client_credentials' }, credentials)).status).toBe(401);
        const path = `/clients/${encodeURIComponent(wellFormed)}`;
        expect((await server.api('GET', path)).status).toBe(404);
        for (const member of ['client_name', 'software_id', 'data', 'jwks', 'preferred_client_id']) {
          const value = member === 'data' || member === 'jwks' ? { [text]: text, keys: [{ kty: text }] } : text;
          const metadata = { redirect_uris: ['https://rp.example/cb'], [member]: value };
          const answer = await server.api('POST', '/clients', metadata);
          const json = Object(await answer.json());
          expect([201, 400], `${member} ${JSON.stringify(text)}`).toContain(answer.status);
          if (answer.status !== 201) continue;
          const stored = await server.api('GET', `/clients/${encodeURIComponent(String(json.client_id))}`);
          expect(Object(await stored.json())[member]).toEqual(json[member]);
        }
      }
      expect((await server.api('GET', '/clients')).status).toBe(200);
    });

    test('parallel replays end as on every storage: one winner at most, and nothing left of it', async () => {
      const { code } = await authorize(server, client, {}, { sub: 'parallel' });
      const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(server, client, code)));
      const won = answers.filter(({ status }) => status === 200).map(tokensIn);
      expect(won.length).toBeLessThanOrEqual(1);
      for (const { access, refresh: token } of won) {
        expect(await isActive(server, client, access)).toBe(false);
        expect((await refresh(server, client, token)).status).toBe(400);
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
