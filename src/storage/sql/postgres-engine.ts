import { createBatcher } from './batcher.ts';
import type { CollectedInsert, CollectedRows, RunLater, Script, SqlEngine } from './engine.ts';
import type { PostgresLanes } from './postgres-lanes.ts';
import type { LentConnection, PostgresTransactions } from './postgres-transactions.ts';
import { createPostgresVerbs } from './postgres-verbs.ts';
import { statementBuilder } from './schema.ts';
import type { StallWatch } from './stall-watch.ts';
import type { Args, SqlResult, Statement } from './statement.ts';
import { fromColumnText } from './text.ts';

/** How the engine talks to PostgreSQL. */
export interface PostgresEngineOptions {
  /** For single statements. */
  readonly lanes: PostgresLanes;
  /** For transactions of several statements, which need a connection to themselves. */
  readonly transactions: PostgresTransactions;
  readonly schema: string | undefined;
  /** False where a proxy between us and the server does not keep prepared statements. */
  readonly preparedStatements: boolean;
  /** Watches the connections of both. */
  readonly watch: StallWatch;
}

/** The engine over PostgreSQL connections; `close` lets go of them all. */
export function createPostgresEngine(options: PostgresEngineOptions): SqlEngine {
  const { lanes, transactions, schema, preparedStatements, watch } = options;
  const run = runOn(lanes, preparedStatements);
  const drains: (() => Promise<void>)[] = [];
  const builder = statementBuilder('postgres', schema);

  async function insertMany<A extends Args>(many: CollectedRows<A>, batch: readonly A[]): Promise<void> {
    const query = { ...named(many, preparedStatements), values: many.rowLists(batch) };
    const { rows } = await lanes.query(query);
    const { removal } = many;
    // Column text is escaped again where it is bound.
    if (removal) await Promise.all(rows.map((row: Args) => run(removal, mapTexts(row, fromColumnText))));
  }

  return {
    dialect: 'postgres',
    builder,
    verbs: createPostgresVerbs(builder, schema),
    optimistic: true,
    holdsThread: false,
    read: run,
    write: run,
    collector<A extends Args>(insert: CollectedInsert<A>) {
      const { one, many } = insert;
      if (!many) throw new TypeError('Collected insert: expected a statement for many rows, received none');
      const batcher = createBatcher<A>({
        async flush(batch) {
          const [only] = batch;
          if (one && only && batch.length === 1) await run(one, only);
          else await insertMany(many, batch);
        },
        isEntryError: isRowError,
      });
      drains.push(batcher.drain);
      return batcher.add;
    },
    runOne: (script) => runAlone(script(), run),
    transaction: (script) => transactions.run((connection) => inTransaction(connection, script(), preparedStatements)),
    async close() {
      await Promise.all(drains.map((drain) => drain()));
      await lanes.close();
      await transactions.close();
      watch.stop();
    },
  };
}

function mapTexts(row: Args, map: (text: string) => string): Args {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? map(value) : value]),
  );
}

function named(statement: { readonly name: string; readonly text: string }, prepared: boolean) {
  return prepared ? { name: statement.name, text: statement.text } : { text: statement.text };
}

function runOn(connection: Pick<PostgresLanes, 'query'>, prepared: boolean): RunLater {
  return async <A extends Args, R>(statement: Statement<A, R>, args: A): Promise<SqlResult<R>> => {
    const answer = await connection.query({ ...named(statement, prepared), values: statement.bind(args) });
    // The row type is that of the compiled statement; the driver cannot know it.
    return { rows: answer.rows as readonly R[], count: answer.rowCount ?? 0 };
  };
}

/** Runs a script to its end; `tell` takes the answers that it does not wait for. */
async function runScript<T>(script: Script<T>, run: RunLater, tell: (answer: Promise<void>) => void): Promise<T> {
  let step = script.next();
  while (!step.done) {
    const answer = step.value.later(run);
    if (step.value.awaited) await answer;
    else tell(answer);
    step = script.next();
  }
  return step.value;
}

/** Runs a script of a single statement, which is its own transaction. */
async function runAlone<T>(script: Script<T>, run: RunLater): Promise<T> {
  const told: Promise<void>[] = [];
  const value = await runScript(script, run, (answer) => told.push(answer));
  await Promise.all(told);
  return value;
}

/** Runs a script on one connection between BEGIN and COMMIT. A connection that cannot roll back is of no use any more. */
async function inTransaction<T>(connection: LentConnection, script: Script<T>, prepared: boolean): Promise<T> {
  const underWay: Promise<unknown>[] = [];
  const send = (answer: Promise<unknown>) => {
    // Its failure is looked at in the end, and must not pass for one that nobody handles until then.
    answer.catch(() => {});
    underWay.push(answer);
  };
  const plain = (text: string) => connection.query({ text, values: [] });
  try {
    send(plain('begin'));
    const value = await runScript(script, runOn(connection, prepared), send);
    send(plain('commit'));
    // After a failed statement a commit is a rollback that reports success: all answers count.
    await Promise.all(underWay);
    return value;
  } catch (error) {
    const failures = (await Promise.allSettled(underWay)).filter((outcome) => outcome.status === 'rejected');
    await plain('rollback').catch(connection.spoil);
    // What comes behind a failed statement fails because of it.
    throw failures[0]?.reason ?? error;
  }
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation) speak of a row, all others of the server. */
function isRowError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return typeof error.code === 'string' && /^2[23]/.test(error.code);
}
