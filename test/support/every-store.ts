import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import type { FakeClock } from '../../src/testing/fake-clock.ts';
import { startPostgres } from './postgres.ts';

/** Opens new, empty storage. */
export type OpenStorage = (clock: FakeClock) => Promise<Storage>;

const postgres = await startPostgres();
const directory = mkdtempSync(join(tmpdir(), 'tessera-stores-'));
afterAll(async () => {
  if (postgres.available) await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
});
let files = 0;

const stores: readonly (readonly [string, OpenStorage])[] = [
  ['memory', async (clock) => openMemoryStorage({ clock })],
  ['SQLite', (clock) => openSqliteStorage({ clock, file: join(directory, `${++files}.db`) })],
];

/**
 * Runs the tests on memory, SQLite and, where it is installed, a private PostgreSQL:
 * `onEveryStore((open) => test('...', async () => { const storage = await open(clock); ... }))`.
 */
export function onEveryStore(tests: (open: OpenStorage) => void): void {
  for (const [name, open] of stores) describe(`on ${name}`, () => tests(open));
  if (!postgres.available) {
    describe.skip(`on PostgreSQL (${postgres.reason})`);
    return;
  }
  describe('on PostgreSQL', () => {
    tests(async (clock) => {
      const { connectionString } = await postgres.createDatabase();
      return openPostgresStorage({ clock, connectionString });
    });
  });
}
