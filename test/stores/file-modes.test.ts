import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import { client } from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';

const clock = createFakeClock();
let parent: string;
let directory: string;
let umask: number;

beforeEach(() => {
  // Also where the operator has not thought of it.
  umask = process.umask(0);
  parent = mkdtempSync(join(tmpdir(), 'tessera-modes-'));
  directory = join(parent, 'data', 'tessera');
});
afterEach(() => {
  process.umask(umask);
  rmSync(parent, { recursive: true });
});

const modeOf = (path: string) => statSync(path).mode & 0o777;
const modes = () => Object.fromEntries(readdirSync(directory).map((name) => [name, modeOf(join(directory, name))]));
const ownerOnly = { 'tessera.db': 0o600, 'tessera.db-shm': 0o600, 'tessera.db-wal': 0o600 };

async function opened() {
  const storage = await openSqliteStorage({ file: join(directory, 'tessera.db'), clock });
  await storage.tenant('default').clients.insert(client('c'));
  return storage;
}

describe.skipIf(process.platform === 'win32')('a SQLite database', () => {
  test('is made for its owner alone, with its directories', async () => {
    const storage = await opened();
    expect([modeOf(join(parent, 'data')), modeOf(directory)]).toEqual([0o700, 0o700]);
    expect(modes()).toEqual(ownerOnly);
    await storage.close();
  });

  test('that everybody could read is taken from them, while another process uses it, too', async () => {
    const before = await opened();
    for (const name of readdirSync(directory)) chmodSync(join(directory, name), 0o644);
    chmodSync(directory, 0o755);
    const after = await opened();
    expect(modes()).toEqual(ownerOnly);
    // What else is in the directory is not known here.
    expect(modeOf(directory)).toBe(0o755);
    await after.close();
    await before.close();
  });
});
