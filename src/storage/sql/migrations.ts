import { type CompiledQuery, type CreateTableBuilder, sql } from 'kysely';
import { ask, type Script } from './engine.ts';
import { expiringTables, type SqlDialect, type StatementBuilder } from './schema.ts';
import { type Args, type Params, prepare, type Statement } from './statement.ts';

interface Migration {
  readonly version: number;
  readonly name: string;
  statements(db: StatementBuilder, dialect: SqlDialect): readonly { compile(): CompiledQuery }[];
}

/**
 * All steps, in order. A step that has been released is never edited; a change is a new step. From the first release on, a
 * column goes one release after the last code that uses it: while a cluster is updated, both releases share the database.
 */
const migrations: readonly Migration[] = [
  { version: 1, name: 'stores', statements: createStores },
  // Records are changed on condition of their version, no more of their seed.
  {
    version: 2,
    name: 'no seed column',
    statements: (db) => [db.schema.alterTable('long_lived_authorizations').dropColumn('rts')],
  },
];

/** The schema version that this code works with. */
export const SCHEMA_VERSION = migrations.at(-1)?.version ?? 0;

/** Where and how to migrate. */
export interface MigrationPlan {
  readonly db: StatementBuilder;
  readonly dialect: SqlDialect;
  /** PostgreSQL schema to create if missing. */
  readonly schema: string | undefined;
  /** False: only check, and fail when a step is missing. */
  readonly create: boolean;
  /** Unix seconds, for the record. */
  readonly now: number;
  /** What the operator knows the database by, for the error texts. */
  readonly place: string;
}

/**
 * Brings the schema up to date, as one transaction under a lock, so that any number of processes may start at once. Throws
 * when the database is of a newer version than this code knows, or when `create` is off and a step is missing.
 */
export function* migrate(plan: MigrationPlan): Script<void> {
  const { db, dialect, schema } = plan;
  if (dialect === 'postgres') {
    yield* ask(
      command('migrations.lock', sql`select pg_advisory_xact_lock(hashtextextended('tessera schema', 0))`, db),
      {},
    );
  }
  if (plan.create) {
    if (schema !== undefined && !(yield* schemaExists(db, schema))) {
      yield* ask(compiled('migrations.schema', db.schema.createSchema(schema).ifNotExists()), {});
    }
    yield* ask(compiled('migrations.table', migrationsTable(db)), {});
  }
  const current = yield* currentVersion(plan);
  if (current > SCHEMA_VERSION) {
    throw new Error(
      `The schema of ${plan.place} has version ${current}, this release knows up to ${SCHEMA_VERSION}: start the release that wrote it, or a later one`,
    );
  }
  const missing = migrations.filter((step) => step.version > current);
  if (missing.length > 0 && !plan.create) {
    throw new Error(
      `The schema of ${plan.place} has version ${current}, this release needs ${SCHEMA_VERSION}: allow it to be migrated (dataSource.createTableIfMissing=true), or migrate it first`,
    );
  }
  for (const step of missing) yield* apply(plan, step);
}

/** The version of the schema; 0 when there is none. */
function* currentVersion({ db, dialect, schema }: MigrationPlan): Script<number> {
  const catalogue =
    dialect === 'sqlite'
      ? sql`select 1 from sqlite_master where type = 'table' and name = 'schema_migrations'`
      : sql`select 1 from pg_tables where tablename = 'schema_migrations' and schemaname = coalesce(${sql.lit(schema ?? null)}, current_schema())`;
  const exists = yield* ask(command('migrations.table_exists', catalogue, db), {});
  if (exists.count === 0) return 0;
  const latest = prepare('migrations.current', () =>
    db.selectFrom('schema_migrations').select((row) => row.fn.max('version').as('version')),
  );
  const { rows } = yield* ask(latest, {});
  return rows[0]?.version ?? 0;
}

function* apply({ db, dialect, now }: MigrationPlan, step: Migration): Script<void> {
  for (const [index, statement] of step.statements(db, dialect).entries()) {
    yield* ask(compiled(`migrations.${step.version}.${index}`, statement), {});
  }
  yield* ask(
    prepare('migrations.record', (p: Params<{ version: number; name: string; now: number }>) =>
      db.insertInto('schema_migrations').values({ version: p.version, name: p.name, applied_at: p.now }),
    ),
    { version: step.version, name: step.name, now },
  );
}

/** CREATE SCHEMA IF NOT EXISTS asks for the right to create even when it exists. */
function* schemaExists(db: StatementBuilder, schema: string): Script<boolean> {
  const query = (p: Params<{ schema: string }>) => ({
    compile: () => sql<{ one: number }>`select 1 as one from pg_namespace where nspname = ${p.schema}`.compile(db),
  });
  return (yield* ask(prepare('migrations.schema_exists', query), { schema })).count > 0;
}

function command(name: string, query: ReturnType<typeof sql>, db: StatementBuilder): Statement<Args, unknown> {
  return prepare(name, () => ({ compile: () => query.compile(db) }));
}

function compiled(name: string, query: { compile(): CompiledQuery }): Statement<Args, unknown> {
  return prepare(name, () => query);
}

function migrationsTable(db: StatementBuilder) {
  return db.schema
    .createTable('schema_migrations')
    .ifNotExists()
    .addColumn('version', 'bigint', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('applied_at', 'bigint', (column) => column.notNull());
}

function createStores(db: StatementBuilder, dialect: SqlDialect) {
  const text = (table: string, columns: string, keys: readonly string[]) =>
    tableOf(db, dialect, table, { columns: columns.split(' '), keys });
  return [
    text('clients', 'tid client_id payload version:n', ['tid', 'client_id']),
    text('pending_codes', 'tid key payload expires_at:n retain_until:n redeemed:n', ['tid', 'key']),
    text('id_access_tokens', 'tid key sub act cid gid payload expires_at:n', ['tid', 'key']),
    text('revocation_journal', 'tid sub act cid gid revoked_at:n expires_at:n', ['tid', 'sub', 'act', 'cid', 'gid']),
    text('long_lived_authorizations', 'tid sub act cid payload rts version:n', ['tid', 'sub', 'act', 'cid']),
    text('expended_tokens', 'tid kind id used_at:n expires_at:n previous_at:null', ['tid', 'kind', 'id']),
    text('auth_sessions', 'tid key payload expires_at:n version:n', ['tid', 'key']),
    text('subject_sessions', 'tid key sub ctx payload seq:n life_end:n idle:n expires_at:n version:n', ['tid', 'key']),
    text('jwks', 'tid payload version:n', ['tid']),
    ...expiringTables.map((table) => db.schema.createIndex(`${table}_expires_at`).on(table).columns(['expires_at'])),
    db.schema
      .createIndex('long_lived_authorizations_client')
      .on('long_lived_authorizations')
      .columns(['tid', 'cid', 'sub', 'act']),
    db.schema.createIndex('subject_sessions_subject').on('subject_sessions').columns(['tid', 'sub', 'seq']),
  ];
}

/**
 * A table of columns given as `name`, `name:n` (integer) or `name:null` (integer or null). Text compares byte by byte in both
 * databases, so that pages have the same order everywhere and an index answers them whatever the locale.
 */
function tableOf(
  db: StatementBuilder,
  dialect: SqlDialect,
  table: string,
  shape: { readonly columns: readonly string[]; readonly keys: readonly string[] },
) {
  const textType = dialect === 'postgres' ? sql`text collate "C"` : sql`text`;
  let builder: CreateTableBuilder<string, string> = db.schema.createTable(table);
  for (const column of shape.columns) {
    const [name = column, kind] = column.split(':');
    if (kind === undefined) builder = builder.addColumn(name, textType, (definition) => definition.notNull());
    else if (kind === 'n') builder = builder.addColumn(name, 'bigint', (definition) => definition.notNull());
    else builder = builder.addColumn(name, 'bigint');
  }
  return builder.addPrimaryKeyConstraint(`${table}_pkey`, [...shape.keys]);
}
