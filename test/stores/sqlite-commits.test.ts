import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { noEvents } from '../../src/ports/events.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { storageProperties } from '../../src/storage/properties.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.ts';
import { accessToken, atOnce } from '../../src/testing/contract-subject.ts';
import { defaultsOf } from '../../src/testing/defaults.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';

const directory = mkdtempSync(join(tmpdir(), 'tessera-commits-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const clock = createFakeClock();

/** Commits in the write-ahead log: frames that say how large the database is after them. */
function commitsIn(file: string): number {
  const log = readFileSync(`${file}-wal`);
  const pageSize = log.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + 24 + pageSize <= log.length; at += 24 + pageSize) if (log.readUInt32BE(at + 4) > 0) commits++;
  return commits;
}

describe('a commit of SQLite', () => {
  test.each([
    ['FULL', 2],
    ['NORMAL', 1],
  ] as const)('is as sure as asked for: %s', async (synchronous, level) => {
    const database = await openSqliteDatabase(join(directory, `${synchronous}.db`), { busyTimeout: 10, synchronous });
    expect(database.prepare('pragma synchronous').get()).toEqual({ synchronous: level });
    database.close();
  });

  test('is on the disk unless the configuration says otherwise, which the description then tells', async () => {
    const settings = { ...defaultsOf(storageProperties), sqliteFile: join(directory, 'default.db') };
    expect(settings.sqliteSynchronous).toBe('FULL');
    const sure = await openStorage(settings, { clock, events: noEvents });
    expect(sure.description).toBe(`SQLite ${settings.sqliteFile}`);
    await sure.close();
    const fast = await openStorage({ ...settings, sqliteSynchronous: 'NORMAL' }, { clock, events: noEvents });
    expect(fast.description).toBe(`SQLite ${settings.sqliteFile}, synchronous=NORMAL`);
    await fast.close();
  });

  test('is shared by all writes of a turn', async () => {
    const file = join(directory, 'turn.db');
    const storage = await openSqliteStorage({ file, clock });
    const { accessTokens, expended } = storage.tenant('t');
    const before = commitsIn(file);
    await Promise.all([
      atOnce(200, (index) => accessTokens.issue(`k${index}`, accessToken(clock.now() + 60))),
      atOnce(200, (index) => expended.consume('jti', `k${index}`, clock.now() + 60)),
    ]);
    expect(commitsIn(file) - before).toBe(1);
    await storage.close();
  });
});
