import { sql } from 'kysely';
import type { Events } from '../../ports/events.ts';
import { ask, type Script, type SqlEngine } from './engine.ts';
import type { FrozenText, MigrationStep } from './migrations/step.ts';
import { storesStep } from './migrations/step-1.ts';
import { noSeedColumnStep } from './migrations/step-2.ts';
import { grantsStep } from './migrations/step-3.ts';
import { grantSessionsStep } from './migrations/step-4.ts';
import type { StatementBuilder } from './schema.ts';
import { type Params, prepare } from './statement.ts';

/** All steps, in order. A step that has been released is never edited; a change is a new step. */
const steps: readonly MigrationStep[] = [storesStep, noSeedColumnStep, grantsStep, grantSessionsStep];

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
  /** Hears of rows that cannot be converted. */
  readonly events: Events;
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
      `The schema of ${plan.place} has version ${current}, this release needs ${SCHEMA_VERSION}: allow it to be migrated (dataSource.createTableIfMissing=true), or migrate it first`,
    );
  }
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
  const { engine, now, events } = plan;
  for (const [index, part] of parts.entries()) {
    if (typeof part === 'function') yield* part({ engine, now, events });
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
