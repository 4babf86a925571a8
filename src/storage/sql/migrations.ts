import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { events } from '../../events/catalogue.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Events } from '../../ports/events.ts';
import { StorageAway } from '../../ports/stores/storage-away.ts';
import { ask, type Script, type SqlEngine } from './engine.ts';
import type { FrozenText, MigrationStep } from './migrations/step.ts';
import { storesStep } from './migrations/step-1.ts';
import { noSeedColumnStep } from './migrations/step-2.ts';
import { grantsStep } from './migrations/step-3.ts';
import { grantSessionsStep } from './migrations/step-4.ts';
import { factsStep } from './migrations/step-5.ts';
import type { StatementBuilder } from './schema.ts';
import { type Params, prepare } from './statement.ts';

/** All steps, in order. A step that has been released is never edited; a change is a new step. */
const steps: readonly MigrationStep[] = [storesStep, noSeedColumnStep, grantsStep, grantSessionsStep, factsStep];

/** The schema version that this code works with. */
export const SCHEMA_VERSION = steps.at(-1)?.version ?? 0;

/** Where and how to migrate. */
export interface MigrationPlan {
  readonly engine: SqlEngine;
  /** True: make schema and tables if missing. False: only check, and fail when a step is missing. */
  readonly create: boolean;
  /** Unix seconds. */
  readonly now: number;
  /** What the operator knows the database by, for the error texts. */
  readonly place: string;
  /** Hears of rows that cannot be converted, and of waits. */
  readonly events: Events;
  /** How to wait for others, {@link lockPatience} when absent. */
  readonly patience?: LockPatience | undefined;
}

/** How a migration waits for those who hold the tables that it changes. */
export interface LockPatience {
  /**
   * Milliseconds of one attempt. A statement that waits for the whole of a table stands before everybody who comes after it: for so
   * long the other processes stand still.
   */
  readonly limit: number;
  /** Milliseconds between two attempts. */
  readonly pause: number;
  readonly attempts: number;
}

/** Two seconds of each four, for a minute. */
export const lockPatience: LockPatience = { limit: 2000, pause: 2000, attempts: 15 };

/** SQLSTATE of a statement that waited for a lock for too long. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Brings the schema up to date: {@link migrate}, tried again while others hold the tables. Rejects with an `Error` that says
 * so when they do not let go.
 */
export async function runMigrations(plan: Omit<MigrationPlan, 'now'>, clock: Clock): Promise<void> {
  const { limit, pause, attempts } = plan.patience ?? lockPatience;
  for (let attempt = 1; ; attempt++) {
    try {
      return await plan.engine.transaction(() => migrate({ ...plan, now: clock.now() }));
    } catch (error) {
      if (!(error instanceof StorageAway) || error.code !== LOCK_NOT_AVAILABLE) throw error;
      if (attempt >= attempts) throw stillLocked(plan.place, { limit, attempts }, error);
      plan.events.emit(events.storage.migrationWaits, { attempt, reason: error.message });
      await setTimeout(pause);
    }
  }
}

function stillLocked(place: string, { limit, attempts }: Omit<LockPatience, 'pause'>, cause: unknown): Error {
  return new Error(
    `The schema of ${place} cannot be migrated: others hold its tables, ${attempts} times for longer than ${limit} ms. End the transactions that stay open (pg_stat_activity shows them: idle in transaction, dumps, reports), and start again, or run tessera migrate`,
    { cause },
  );
}

/**
 * Brings the schema up to date, as one transaction under a lock, so that any number of processes may start at once. Throws
 * when the database is of a newer version than this code knows, or when `create` is off and a step is missing.
 */
export function* migrate(plan: MigrationPlan): Script<void> {
  const { engine } = plan;
  yield* engine.verbs.lockName('tessera schema');
  if (plan.create) {
    yield* engine.verbs.enterSchema();
    yield* ask(
      prepare('migrations.table', () => migrationsTable(engine.builder)),
      {},
    );
  }
  const current = yield* currentVersion(plan);
  if (current > SCHEMA_VERSION) {
    throw new Error(
      `The schema of ${plan.place} has version ${current}, this release knows up to ${SCHEMA_VERSION}: start the release that wrote it, or a later one`,
    );
  }
  const missing = steps.filter((step) => step.version > current);
  if (missing.length > 0 && !plan.create) {
    throw new Error(
      `The schema of ${plan.place} has version ${current}, this release needs ${SCHEMA_VERSION}: allow it to be migrated (dataSource.createTableIfMissing=true), or run tessera migrate`,
    );
  }
  if (missing.length > 0) yield* engine.verbs.limitLockWaits((plan.patience ?? lockPatience).limit);
  for (const step of missing) yield* apply(plan, step);
}

/** The version of the schema; 0 when there is none. */
function* currentVersion({ engine }: MigrationPlan): Script<number> {
  const { count } = yield* ask(engine.verbs.tableExists('schema_migrations'), {});
  if (count === 0) return 0;
  const latest = prepare('migrations.current', () =>
    engine.builder.selectFrom('schema_migrations').select((row) => row.fn.max('version').as('version')),
  );
  const { rows } = yield* ask(latest, {});
  return rows[0]?.version ?? 0;
}

function* apply(plan: MigrationPlan, { version, name, parts }: MigrationStep): Script<void> {
  const { engine, now, events: told } = plan;
  for (const [index, part] of parts.entries()) {
    if (typeof part === 'function') yield* part({ engine, now, events: told });
    else yield* runText(engine, part, `migrations.${version}.${index}`);
  }
  const record = prepare('migrations.record', (p: Params<{ version: number; name: string; now: number }>) =>
    engine.builder.insertInto('schema_migrations').values({ version: p.version, name: p.name, applied_at: p.now }),
  );
  yield* ask(record, { version, name, now });
}

/** The text names no schema: the transaction has entered it. */
function* runText({ builder, dialect }: SqlEngine, text: FrozenText, name: string): Script<void> {
  for (const [index, line] of statementsOf(text[dialect]).entries()) {
    const statement = prepare(`${name}.${index}`, () => ({ compile: () => sql.raw(line).compile(builder) }));
    yield* ask(statement, {});
  }
}

function statementsOf(text: string): readonly string[] {
  return text
    .split(';\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function migrationsTable(db: StatementBuilder) {
  return db.schema
    .createTable('schema_migrations')
    .ifNotExists()
    .addColumn('version', 'bigint', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('applied_at', 'bigint', (column) => column.notNull());
}
