import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { createEvents } from '../../src/observability/events.ts';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startPostgres } from '../support/postgres.ts';

const postgres = await startPostgres();
afterAll(async () => {
  if (postgres.available) await postgres.stop();
});
const clock = createFakeClock();

describe.skipIf(!postgres.available)('a migration of PostgreSQL that meets somebody who reads', () => {
  /** A database of the schema before the step that adds a column to `grants`, and connections to it. */
  async function old() {
    if (!postgres.available) throw new Error(postgres.reason);
    const { connectionString } = await postgres.createDatabase();
    await (await openPostgresStorage({ connectionString, clock })).close();
    const connect = async () => {
      const client = new pg.Client({ connectionString });
      // A test that fails leaves it to the server to end it.
      client.on('error', () => {});
      await client.connect();
      return client;
    };
    const [reader, other] = [await connect(), await connect()];
    await reader.query('drop table facts');
    await reader.query('alter table grants drop column session_key');
    await reader.query('delete from schema_migrations where version > 3');
    await reader.query('begin');
    await reader.query('select * from grants');
    return { connectionString, reader, other };
  }

  test('gives up with a sentence that says what to do, and leaves everything as it was', async () => {
    const { connectionString, reader, other } = await old();
    const lockPatience = { limit: 50, pause: 1, attempts: 3 };
    await expect(openPostgresStorage({ connectionString, clock, lockPatience })).rejects.toThrow(
      /cannot be migrated: others hold its tables, 3 times for longer than 50 ms.*pg_stat_activity.*tessera migrate/,
    );
    const { rows } = await other.query('select max(version)::int as version from schema_migrations');
    expect(rows).toEqual([{ version: 3 }]);
    await reader.end();
    await other.end();
  });

  test('lets others go on, and is done when it can', async () => {
    const { connectionString, reader, other } = await old();
    let waits = 0;
    const events = createEvents({ listeners: [({ id }) => void (id === 'IS9007' && waits++)] });
    const lockPatience = { limit: 50, pause: 1, attempts: 10_000 };
    const opening = openPostgresStorage({ connectionString, clock, events, lockPatience });
    await expect.poll(() => waits).toBeGreaterThan(0);
    // They would wait for as long as the reader reads.
    for (let turn = 0; turn < 5; turn++) await other.query('select * from grants');
    await reader.query('rollback');
    await (await opening).close();
    await reader.end();
    await other.end();
  });
});
