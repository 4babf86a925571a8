import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { Events } from '../../src/ports/events.ts';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import { createFakeClock, type FakeClock } from '../../src/testing/fake-clock.ts';
import type { PostgresServer } from '../support/postgres.ts';

const fixtures = fileURLToPath(new URL('../fixtures/release-0.1/', import.meta.url));

/** Tokens of one login of `release-0.1`. */
export interface OldTokens {
  readonly client: 'web' | 'spa' | 'gone';
  readonly subject?: string;
  readonly actor?: string;
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly first_access_token?: string;
}

/** What its JSON files tell; `test/fixtures/release-0.1/README.md` says what it means. */
export interface OldSecrets {
  readonly issuer: string;
  readonly closedAt: number;
  readonly clients: Readonly<
    Record<
      'web' | 'spa' | 'gone',
      { readonly client_id: string; readonly client_secret?: string; readonly registration_access_token: string }
    >
  >;
  readonly live: Readonly<Record<string, OldTokens>>;
  readonly rotatedAway: Readonly<Record<string, string>>;
  readonly revoked: Readonly<Record<string, OldTokens>>;
  readonly sessions: Readonly<Record<string, string>>;
}

/** A row as the database has it. */
export type Row = Readonly<Record<string, unknown>>;

/** A copy of the old database, not yet opened by the storage. */
export interface OldDatabase {
  readonly secrets: OldSecrets;
  /** Stands a day after the old server was closed. */
  readonly clock: FakeClock;
  /** Runs a statement on the database itself. */
  query(sql: string): Promise<readonly Row[]>;
  /** Opens it as the server does, which migrates it. */
  open(events?: Events): Promise<Storage>;
  dispose(): Promise<void>;
}

function secretsOf(name: string): { readonly secrets: OldSecrets; readonly clock: FakeClock } {
  const secrets: OldSecrets = JSON.parse(readFileSync(join(fixtures, name), 'utf8'));
  return { secrets, clock: createFakeClock(secrets.closedAt + 86_400) };
}

/** The SQLite file. */
export async function oldSqlite(): Promise<OldDatabase> {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-old-'));
  const file = join(directory, 'tessera.db');
  copyFileSync(join(fixtures, 'tessera.db'), file);
  const { secrets, clock } = secretsOf('sqlite.json');
  return {
    secrets,
    clock,
    async query(sql) {
      const database = new DatabaseSync(file);
      const rows = database.prepare(sql).all();
      database.close();
      return rows;
    },
    open: (events) => openSqliteStorage({ file, clock, ...(events ? { events } : {}) }),
    dispose: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** The PostgreSQL dump, read into a new database of the server. */
export async function oldPostgres(server: PostgresServer): Promise<OldDatabase> {
  const { connectionString } = await server.createDatabase();
  const query = async (sql: string): Promise<readonly Row[]> => {
    const client = new pg.Client({ connectionString, types: { getTypeParser } });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  await query(readFileSync(join(fixtures, 'postgres.sql'), 'utf8'));
  const { secrets, clock } = secretsOf('postgres.json');
  return {
    secrets,
    clock,
    query,
    open: (events) => openPostgresStorage({ connectionString, clock, ...(events ? { events } : {}) }),
    dispose: async () => {},
  };
}

/** Integers of 64 bits as numbers. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format);
}
