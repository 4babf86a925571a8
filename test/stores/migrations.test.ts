import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MigrationStep } from '../../src/storage/sql/migrations/step.ts';
import { storesStep } from '../../src/storage/sql/migrations/step-1.ts';
import { noSeedColumnStep } from '../../src/storage/sql/migrations/step-2.ts';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import type { SqlDialect } from '../../src/storage/sql/schema.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startPostgres } from '../support/postgres.ts';
import { type OldDatabase, oldPostgres, oldSqlite, type Row } from './release-0.1.ts';

const clock = createFakeClock();
const server = await startPostgres();
const directory = mkdtempSync(join(tmpdir(), 'tessera-migrations-'));
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  if (server.available) await server.stop();
});

/** The text of the steps that release 0.1 knew. */
function releasedText(dialect: SqlDialect): string {
  const text = (step: MigrationStep) => step.parts.map((part) => (typeof part === 'function' ? '' : part[dialect]));
  return [storesStep, noSeedColumnStep].flatMap(text).join('\n');
}

const sqliteCatalogue = `select type, name, tbl_name, sql from sqlite_master where name <> 'schema_migrations'
  and tbl_name <> 'schema_migrations' order by type, name`;
const postgresCatalogue = `
  select 'column' as kind, table_name || '.' || column_name as name,
    concat_ws(' ', data_type, is_nullable, collation_name, column_default) as definition
    from information_schema.columns where table_schema = 'public' and table_name <> 'schema_migrations'
  union all select 'index', indexname, indexdef from pg_indexes
    where schemaname = 'public' and tablename <> 'schema_migrations'
  union all select 'constraint', conname, pg_get_constraintdef(oid) from pg_constraint
    where connamespace = 'public'::regnamespace and conrelid <> 'schema_migrations'::regclass
  order by 1, 2`;

async function postgres(): Promise<{ connectionString: string; query(sql: string): Promise<readonly Row[]> }> {
  if (!server.available) throw new Error(server.reason);
  const { connectionString } = await server.createDatabase();
  return {
    connectionString,
    async query(sql) {
      const client = new pg.Client({ connectionString });
      await client.connect();
      try {
        return (await client.query<Row>(sql)).rows;
      } finally {
        await client.end();
      }
    },
  };
}

describe('SQLite', () => {
  let old: OldDatabase;
  beforeAll(async () => {
    old = await oldSqlite();
  });
  afterAll(() => old.dispose());

  test('the released steps make what release 0.1 made', async () => {
    const database = new DatabaseSync(':memory:');
    database.exec(releasedText('sqlite'));
    expect(database.prepare(sqliteCatalogue).all()).toEqual(await old.query(sqliteCatalogue));
    database.close();
  });

  test('a database of release 0.1 and a new one become the same', async () => {
    await (await old.open()).close();
    const file = join(directory, 'new.db');
    await (await openSqliteStorage({ file, clock })).close();
    const fresh = new DatabaseSync(file);
    const catalogue = fresh.prepare(sqliteCatalogue).all();
    expect(catalogue.filter(({ type }) => type === 'table').map(({ name }) => name)).toEqual([
      'access_tokens',
      'authorizations',
      'clients',
      'expended_tokens',
      'facts',
      'grants',
      'jwks',
      'pending_codes',
      'records',
      'revocation_marks',
      'subject_sessions',
    ]);
    expect(await old.query(sqliteCatalogue)).toEqual(catalogue);
    expect(await old.query('select version from schema_migrations order by version')).toEqual(
      fresh.prepare('select version from schema_migrations order by version').all(),
    );
    fresh.close();
  });

  test('rows of more than a page are converted, odd keys too', async () => {
    const file = join(directory, 'many.db');
    const database = new DatabaseSync(file);
    database.exec(releasedText('sqlite'));
    database.exec(
      'create table schema_migrations (version bigint primary key, name text not null, applied_at bigint not null)',
    );
    database.exec("insert into schema_migrations values (2, 'no seed column', 0)");
    const insert = database.prepare('insert into revocation_journal values (?, ?, ?, ?, ?, 5, ?)');
    database.exec('begin');
    for (let index = 0; index < 2500; index++) insert.run('t', '', '', '', `g${index}`, clock.now() + 60);
    insert.run('t', '', '', '', 'expired', clock.now());
    insert.run('t', 'with\uffff0000nul', '', 'c', '', clock.now() + 60);
    database.exec('commit');
    database.close();
    const storage = await openSqliteStorage({ file, clock });
    const { revocations } = storage.tenant('t');
    const nobody = { subject: 'x', actor: '', clientId: 'x' };
    for (const [id, ended] of [
      ['g0', true],
      ['g999', true],
      ['g1000', true],
      ['g2499', true],
      ['expired', false],
    ] as const) {
      expect([id, (await revocations.standing(nobody, [id])).ended]).toEqual([id, ended]);
    }
    const odd = { subject: 'with\0nul', actor: '', clientId: 'c' };
    expect((await revocations.standing(odd, [])).notBefore).toEqual({ at: 5, count: 1 });
    await storage.close();
  });

  test('a migration that fails leaves the old database as it was', async () => {
    const copy = await oldSqlite();
    const before = await copy.query(sqliteCatalogue);
    // Its table is in the way of the new one.
    await copy.query('create table grants (x integer)');
    await expect(copy.open()).rejects.toThrow('grants');
    await copy.query('drop table grants');
    expect(await copy.query(sqliteCatalogue)).toEqual(before);
    await (await copy.open()).close();
    await copy.dispose();
  });
});

const title = `PostgreSQL${server.available ? '' : ` (${server.reason})`}`;

describe.skipIf(!server.available)(title, () => {
  test('the released steps make what release 0.1 made', async () => {
    if (!server.available) throw new Error(server.reason);
    const [old, fresh] = [await oldPostgres(server), await postgres()];
    await fresh.query(`create table schema_migrations (version bigint); ${releasedText('postgres')}`);
    expect(await fresh.query(postgresCatalogue)).toEqual(await old.query(postgresCatalogue));
  });

  test('a database of release 0.1 and a new one become the same', async () => {
    if (!server.available) throw new Error(server.reason);
    const [old, fresh] = [await oldPostgres(server), await postgres()];
    await (await old.open()).close();
    await (await openPostgresStorage({ connectionString: fresh.connectionString, clock })).close();
    const catalogue = await fresh.query(postgresCatalogue);
    expect(catalogue.length).toBeGreaterThan(70);
    expect(await old.query(postgresCatalogue)).toEqual(catalogue);
  });

  test('a process of release 0.1 that is still there fails loudly', async () => {
    if (!server.available) throw new Error(server.reason);
    const old = await oldPostgres(server);
    await (await old.open()).close();
    for (const write of [
      "insert into revocation_journal values ('t', '', '', '', 'g', 1, 2)",
      "insert into id_access_tokens values ('t', 'k', '', '', '', '', '{}', 1)",
      "insert into pending_codes (tid, key, payload, expires_at, retain_until, redeemed) values ('t', 'k', '{}', 1, 1, 0)",
      "update long_lived_authorizations set payload = '{}'",
    ]) {
      await expect(old.query(write)).rejects.toThrow(/does not exist|violates not-null/);
    }
  });
});
