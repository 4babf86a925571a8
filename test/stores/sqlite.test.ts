import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { storeContract } from '../../src/testing/store-contract.ts';

storeContract('SQLite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-sqlite-'));
  const clock = createFakeClock();
  const file = join(directory, 'tessera.db');
  const storage = await openSqliteStorage({ file, clock });
  return {
    storage,
    clock,
    reopen: () => openSqliteStorage({ file, clock }),
    async dispose() {
      await storage.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
});
