import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import type { TenantStores } from '../../src/ports/stores/stores.ts';
import { openPostgresStorage, plannerSettings } from '../../src/storage/sql/open-postgres.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import { accessToken, authorization, grant } from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startPostgres } from '../support/postgres.ts';
import { fillTables, tables } from './full-tables.ts';
import { requestOperations, requestStatements } from './recording-engine.ts';

const clock = createFakeClock();
const server = await startPostgres();
const directory = mkdtempSync(join(tmpdir(), 'tessera-look-ups-'));
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  if (server.available) await server.stop();
});

/** Rows that revocations have left, in marks and in grants that have ended. */
const REVOCATIONS = 300_000;
/** The index by which a subject's sessions, or the grants under an authorization, are found: few rows each. */
const groupIndexes = ['subject_sessions_subject', 'grants_authorization'];

/** The columns of an index that a step of a plan leaves open. */
type Access = { readonly table: string; readonly index: string; readonly open: readonly string[] };

function expectWholeKeys(name: string, accesses: readonly Access[]): void {
  const partial = accesses.filter(({ index, open }) => open.length > 0 && !groupIndexes.includes(index));
  expect({ name, partial }).toEqual({ name, partial: [] });
}

describe('every statement of a request looks rows up by whole keys', () => {
  test('SQLite', async () => {
    const file = join(directory, 'plans.db');
    const storage = await openSqliteStorage({ file, clock });
    const database = new DatabaseSync(file);
    const statements = await requestStatements('sqlite', clock);
    expect(statements.size).toBeGreaterThan(35);
    for (const [name, text] of statements) {
      expectWholeKeys(name, sqliteAccesses(database, text));
    }
    database.close();
    await storage.close();
  });

  test.skipIf(!server.available)('PostgreSQL, whatever it believes of the size of tables', async () => {
    const { storage, admin } = await openPostgres();
    const statements = await requestStatements('postgres', clock);
    expect(statements.size).toBeGreaterThan(35);
    await admin.query(plannerSettings);
    const states: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['empty, not looked at', async () => {}],
      ['empty, analysed', () => admin.query('vacuum analyze')],
      ['100 rows, believed empty', () => fillTables(admin, 0, 100, clock.now())],
      ['100 rows, analysed', () => admin.query('vacuum analyze')],
      ['100,000 rows, believed 100', () => fillTables(admin, 100, 100_000, clock.now())],
      ['100,000 rows, analysed', () => admin.query('vacuum analyze')],
    ];
    for (const [state, reach] of states) {
      await reach();
      for (const [name, text] of statements) expectWholeKeys(`${name}: ${state}`, await postgresAccesses(admin, text));
    }
    await storage.close();
    await admin.end();
  });

  test.skipIf(!server.available)('PostgreSQL, by plans from when the tables were empty', async () => {
    const { storage, admin } = await openPostgres();
    await admin.query('vacuum analyze');
    // Often enough for PostgreSQL to settle on a plan, on each connection.
    for (let turn = 0; turn < 30; turn++) {
      for (const operation of requestOperations(storage.tenant('t'), clock.now()))
        await Promise.all([0, 1, 2].map(() => operation().catch(() => undefined)));
    }
    await fillTables(admin, 0, 100_000, clock.now());
    const read = async () => {
      await admin.query('select pg_stat_clear_snapshot()');
      const { rows } = await admin.query(
        'select relname as name, seq_tup_read::int as scanned, idx_tup_fetch::int as fetched from pg_stat_user_tables',
      );
      return new Map(rows.map(({ name, scanned, fetched }) => [name, { scanned, fetched }]));
    };
    await admin.query('select pg_stat_force_next_flush()');
    const before = await read();
    for (let turn = 0; turn < 3; turn++) {
      for (const operation of requestOperations(storage.tenant('t'), clock.now()))
        await operation().catch(() => undefined);
    }
    // What a connection has read is counted by its end at the latest.
    await storage.close();
    await expect
      .poll(
        async () =>
          (
            await admin.query(
              "select 1 from pg_stat_activity where application_name = 'tessera' and datname = current_database()",
            )
          ).rowCount,
      )
      .toBe(0);
    const after = await read();
    for (const table of tables) {
      const [was, is] = [before.get(table), after.get(table)];
      expect({ table, scanned: (is?.scanned ?? 0) - (was?.scanned ?? 0) }).toEqual({ table, scanned: 0 });
      const fetched = (is?.fetched ?? 0) - (was?.fetched ?? 0);
      expect({ table, fetched, few: fetched < 10_000 }).toEqual({ table, fetched, few: true });
    }
    await admin.end();
  });
});

describe(`a look-up takes as long after ${REVOCATIONS} revocations as before`, () => {
  test('SQLite', async () => {
    const file = join(directory, 'times.db');
    const storage = await openSqliteStorage({ file, clock });
    await expectSameTime(storage.tenant('t'), async () => {
      const database = new DatabaseSync(file);
      database.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${REVOCATIONS})
        insert into revocation_marks select 't', 's' || i, '', '', 1, 1, ${clock.now() + 600} from n`);
      database.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${REVOCATIONS})
        insert into grants select 't', 'e' || i, '', '', '', null, 1, 0, 0, 0, ${clock.now() + 600}, null from n`);
      database.close();
    });
    await storage.close();
  });

  test.skipIf(!server.available)('PostgreSQL', async () => {
    const { storage, admin } = await openPostgres();
    await expectSameTime(storage.tenant('t'), () => fillPostgres(admin));
    await storage.close();
    await admin.end();
  });
});

async function openPostgres() {
  if (!server.available) throw new Error(server.reason);
  const { connectionString } = await server.createDatabase();
  const storage = await openPostgresStorage({ connectionString, clock });
  const admin = new pg.Client({ connectionString });
  // A test that fails leaves it to the server to end it.
  admin.on('error', () => {});
  await admin.connect();
  return { storage, admin };
}

async function fillPostgres(admin: pg.Client): Promise<void> {
  await admin.query(`insert into revocation_marks
    select 't', 's' || i, '', '', 1, 1, ${clock.now() + 600} from generate_series(1, ${REVOCATIONS}) i`);
  await admin.query(`insert into grants
    select 't', 'e' || i, '', '', '', null, 1, 0, 0, 0, ${clock.now() + 600}, null from generate_series(1, ${REVOCATIONS}) i`);
  await admin.query('analyze revocation_marks, grants');
}

async function expectSameTime(stores: TenantStores, revoke: () => Promise<void>): Promise<void> {
  const key = { subject: 'alice', actor: '', clientId: '123' };
  await stores.accessTokens.issue('k', accessToken(clock.now() + 600));
  await stores.grants.add(grant(authorization('g')), 50);
  const lookUps = [
    () => stores.accessTokens.find('k'),
    () => stores.grants.find('g', key),
    () => stores.revocations.standing(key, ['g', 'j']),
  ];
  const medians = async () => {
    const times: number[] = [];
    for (const lookUp of lookUps) times.push(await median(lookUp));
    return times;
  };
  await medians();
  const before = await medians();
  await revoke();
  const after = await medians();
  // Milliseconds. What scans the marks takes a hundred times as long.
  for (const [index, time] of after.entries()) expect(time).toBeLessThan((before[index] ?? 0) * 3 + 0.3);
}

async function median(attempt: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < 200; turn++) {
    const started = performance.now();
    await attempt();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[100] ?? 0;
}

/** Reads steps such as `SEARCH m USING INDEX i (a=? AND b=?)`; any other access to a table is one without an index. */
function sqliteAccesses(database: DatabaseSync, text: string): readonly Access[] {
  const accesses: Access[] = [];
  for (const { detail } of database.prepare(`explain query plan ${text}`).all()) {
    const step = String(detail);
    if (!/^(SEARCH|SCAN) /.test(step) || /^SCAN (CONSTANT ROW|always)|INTEGER PRIMARY KEY \(rowid=\?\)/.test(step))
      continue;
    const search = /^SEARCH (\S+) USING (?:COVERING )?INDEX (\S+) \((.*)\)/.exec(step);
    if (!search) {
      accesses.push({ table: step, index: 'none', open: ['everything'] });
      continue;
    }
    const [, table = '', index = '', condition = ''] = search;
    const columns = database.prepare('select name from pragma_index_info(?)').all(index);
    const open = columns.map(({ name }) => String(name)).filter((name) => !condition.includes(`${name}=?`));
    accesses.push({ table, index, open });
  }
  return accesses;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

async function postgresAccesses(admin: pg.Client, text: string): Promise<readonly Access[]> {
  await admin.query(`prepare look_up as ${text}`);
  const count = new Set(text.match(/\$\d+/g)).size;
  const args = count === 0 ? '' : `(${Array.from({ length: count }, () => 'null').join(', ')})`;
  const { rows } = await admin.query(`explain (format json) execute look_up${args}`);
  await admin.query('deallocate look_up');
  const accesses: Access[] = [];
  const visit = async (node: PlanNode): Promise<void> => {
    const table = node['Relation Name'];
    const type = node['Node Type'];
    const index = node['Index Name'];
    if (index !== undefined) {
      const columns = await admin.query<{ name: string }>(
        'select attname as name from pg_attribute where attrelid = $1::regclass order by attnum',
        [index],
      );
      const condition = node['Index Cond'] ?? '';
      const open = columns.rows.map(({ name }) => name).filter((name) => !condition.includes(`(${name} = `));
      accesses.push({ table: table ?? '', index, open });
    } else if (table !== undefined && type !== 'ModifyTable') {
      accesses.push({ table, index: type, open: ['everything'] });
    }
    for (const child of node.Plans ?? []) await visit(child);
  };
  await visit(rows[0]['QUERY PLAN'][0].Plan);
  return accesses;
}
