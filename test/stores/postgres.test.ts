import { afterAll, describe } from 'vitest';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { storeContract } from '../../src/testing/store-contract.ts';
import { startPostgres } from '../support/postgres.ts';

const server = await startPostgres();
afterAll(async () => {
  if (server.available) await server.stop();
});

if (server.available) {
  storeContract('PostgreSQL', async () => {
    const { connectionString } = await server.createDatabase();
    const clock = createFakeClock();
    // In a schema of its own, so that no statement forgets it; the default one is that of all other tests.
    const options = { connectionString, clock, schema: 'A "schema"' };
    const storage = await openPostgresStorage(options);
    return {
      storage,
      clock,
      reopen: () => openPostgresStorage(options),
      dispose: () => storage.close(),
    };
  });
} else {
  describe.skip(`store contract: PostgreSQL (${server.reason})`);
}
