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
    const storage = await openPostgresStorage({ connectionString, clock });
    return {
      storage,
      clock,
      reopen: () => openPostgresStorage({ connectionString, clock }),
      dispose: () => storage.close(),
    };
  });
} else {
  describe.skip(`store contract: PostgreSQL (${server.reason})`);
}
