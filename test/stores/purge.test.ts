import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { createEvents } from '../../src/observability/events.ts';
import type { Subscriber } from '../../src/ports/events.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import { accessToken } from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer } from '../../src/testing/test-server.ts';
import { startPostgres } from '../support/postgres.ts';

const postgres = await startPostgres();
const directory = mkdtempSync(join(tmpdir(), 'tessera-purge-'));
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  if (postgres.available) await postgres.stop();
});

/** Expired rows: more than a thousand of the smallest pages, which a purge once ended after. */
const EXPIRED = 12_000;

const expiredRow = (i: string, at: number) => `'t', 'k' || ${i}, 's', '', 'c', 'g', 'j', '{}', ${at}`;

async function database() {
  if (!postgres.available) throw new Error(postgres.reason);
  return postgres.createDatabase();
}

describe.skipIf(!postgres.available)('a purge of PostgreSQL', () => {
  test('takes all that has expired, however small its pages', async () => {
    const clock = createFakeClock();
    const { connectionString } = await database();
    const storage = await openPostgresStorage({ connectionString, clock, pageLimit: 10 });
    const admin = new pg.Client({ connectionString });
    admin.on('error', () => {});
    await admin.connect();
    await admin.query(
      `insert into access_tokens select ${expiredRow('i', clock.now() - 1)} from generate_series(1, ${EXPIRED}) i`,
    );
    await storage.tenant('t').accessTokens.issue('living', accessToken(clock.now() + 60));
    expect(await storage.purge()).toBe(EXPIRED);
    expect(await storage.tenant('t').accessTokens.count()).toBe(1);
    await storage.close();
    await admin.end();
  });

  test('goes by the clock of the database: who is an hour ahead deletes nothing that lives, and is told', async () => {
    const { connectionString } = await database();
    const clock = createFakeClock();
    const right = await openPostgresStorage({ connectionString, clock });
    await right.tenant('t').accessTokens.issue('living', accessToken(clock.now() + 600));
    await right.tenant('t').accessTokens.issue('short', accessToken(clock.now() - 60));

    const hour = 3600;
    const told: unknown[] = [];
    const note: Subscriber = ({ id }, fields) => void (id === 'IS9006' && told.push(fields));
    const wrong = await openPostgresStorage({
      connectionString,
      clock: createFakeClock(clock.now() + hour),
      machineTime: () => Date.now() + hour * 1000,
      events: createEvents({ listeners: [note] }),
    });
    expect(told).toEqual([{ seconds: hour }]);
    expect(await wrong.purge()).toBe(1);
    expect(await right.tenant('t').accessTokens.find('living')).toBeDefined();
    await wrong.close();
    await right.close();
  });
});

describe('a purge of SQLite', () => {
  test('takes all that has expired, and others have their turn in between', async () => {
    const clock = createFakeClock();
    const file = join(directory, 'purge.db');
    const storage = await openSqliteStorage({ file, clock, pageLimit: 100 });
    const filling = new DatabaseSync(file);
    filling.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${EXPIRED})
      insert into access_tokens select ${expiredRow('i', clock.now() - 1)} from n`);
    filling.close();
    const { accessTokens } = storage.tenant('t');
    let purged: number | undefined;
    const purging = storage.purge().then((count) => {
      purged = count;
    });
    let served = 0;
    for (; purged === undefined; served++) {
      await accessTokens.issue(`n${served}`, accessToken(clock.now() + 60));
      await setImmediate();
    }
    await purging;
    expect(purged).toBe(EXPIRED);
    // At least one for each page.
    expect(served).toBeGreaterThan(EXPIRED / 100);
    await storage.close();
  });
});

test('a purge that takes longer than the time between two is told of, and counted', async () => {
  const clock = createFakeClock();
  let finish = () => {};
  const storage = {
    ...openMemoryStorage({ clock }),
    purge: () =>
      new Promise<number>((resolve) => {
        finish = () => resolve(0);
      }),
  };
  const told: unknown[] = [];
  const server = await startTestServer({
    clock,
    storage,
    properties: { 'sessionStore.sessionMap.expirationInterval': '20' },
    listeners: [({ id }, fields) => void (id === 'IS9005' && told.push(fields))],
  });
  await expect.poll(() => told.length).toBeGreaterThan(1);
  expect(told[0]).toEqual({ interval_ms: 20 });
  const { meters } = (await server.call('GET', '/monitor/v1/metrics')).body;
  expect(meters).toHaveProperty(['storage.purgesLeftOut', 'count']);
  finish();
  await server.close();
});
