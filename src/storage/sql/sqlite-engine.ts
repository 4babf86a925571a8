import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { RunNow, Script, SqlEngine } from './engine.ts';
import { statementBuilder } from './schema.ts';
import { sqliteFailure } from './sqlite-failures.ts';
import { createSqliteVerbs } from './sqlite-verbs.ts';
import type { Args, SqlResult, Statement } from './statement.ts';

interface Job {
  /** Runs the job and answers how to tell its caller, once the outcome is final. Throws when the job failed. */
  run(): () => void;
  fail(error: unknown): void;
  /** True when the job is one statement, and so atomic by itself. */
  readonly single: boolean;
}

/**
 * The engine over an open SQLite database. Reads run at once. The writes of one turn of the event loop share one
 * transaction, since the commit costs more than the rows; their callers hear of it after the commit.
 */
export function createSqliteEngine(database: DatabaseSync): SqlEngine {
  const runNow = createRunner(database);
  let queue: Job[] = [];

  function flush(): void {
    const jobs = queue;
    queue = [];
    if (jobs.length > 0) runJobs(database, jobs);
  }

  function enqueue<T>(single: boolean, work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (queue.length === 0) setImmediate(flush);
      const run = () => {
        const value = work();
        return () => resolve(value);
      };
      queue.push({ run, fail: (error) => reject(sqliteFailure(error)), single });
    });
  }

  const inOne = <T>(script: () => Script<T>) =>
    enqueue(false, () => inSavepoint(database, () => runScript(script(), runNow)));
  const builder = statementBuilder('sqlite');

  return {
    dialect: 'sqlite',
    builder,
    verbs: createSqliteVerbs(builder),
    optimistic: false,
    holdsThread: true,
    async read(statement, args) {
      try {
        return runNow(statement, args);
      } catch (error) {
        throw sqliteFailure(error);
      }
    },
    write: (statement, args) => enqueue(true, () => runNow(statement, args)),
    collector: (insert) => {
      const { one } = insert;
      if (!one) return (args) => inOne(() => insert.script(args));
      return (args) => enqueue(true, () => void runNow(one, args));
    },
    runOne: (script) => enqueue(true, () => runScript(script(), runNow)),
    transaction: inOne,
    async close() {
      flush();
      database.close();
    },
  };
}

/** Runs statements, each prepared at its first use. */
function createRunner(database: DatabaseSync): RunNow {
  const prepared = new Map<string, { readonly statement: StatementSync; readonly answers: boolean }>();
  return <A extends Args, R>(statement: Statement<A, R>, args: A): SqlResult<R> => {
    let entry = prepared.get(statement.text);
    if (!entry) {
      const made = database.prepare(statement.text);
      entry = { statement: made, answers: made.columns().length > 0 };
      prepared.set(statement.text, entry);
    }
    const values = statement.bind(args);
    if (!entry.answers) return { rows: [], count: Number(entry.statement.run(...values).changes) };
    // The row type is that of the compiled statement; the driver cannot know it.
    const rows = entry.statement.all(...values) as readonly unknown[] as readonly R[];
    return { rows, count: rows.length };
  };
}

function runScript<T>(script: Script<T>, run: RunNow): T {
  let step = script.next();
  while (!step.done) {
    step.value.now(run);
    step = script.next();
  }
  return step.value;
}

/** A job of several statements leaves nothing behind when one of them fails. */
function inSavepoint<T>(database: DatabaseSync, work: () => T): T {
  database.exec('savepoint job');
  try {
    const value = work();
    database.exec('release job');
    return value;
  } catch (error) {
    if (inTransaction(database)) database.exec('rollback to job; release job');
    throw error;
  }
}

function runJobs(database: DatabaseSync, jobs: readonly Job[]): void {
  const [only] = jobs;
  const settle: (() => void)[] = [];
  try {
    if (only?.single && jobs.length === 1) {
      settle.push(only.run());
    } else {
      database.exec('begin immediate');
      for (const job of jobs) settle.push(runJob(database, job));
      database.exec('commit');
    }
  } catch (error) {
    abandon(database);
    for (const job of jobs) job.fail(error);
    return;
  }
  for (const tell of settle) tell();
}

/** Never throws: it runs outside of any caller's promise. */
function abandon(database: DatabaseSync): void {
  try {
    if (inTransaction(database)) database.exec('rollback');
  } catch {
    // The callers hear of the error that led here; SQLite rolls back by itself when the connection goes.
  }
}

/** A closed database does not answer the question but throws. */
function inTransaction(database: DatabaseSync): boolean {
  return database.isOpen && database.isTransaction;
}

/** A failed row is told to its own caller, unless the failure was such that SQLite gave up the whole transaction. */
function runJob(database: DatabaseSync, job: Job): () => void {
  try {
    return job.run();
  } catch (error) {
    if (!inTransaction(database)) throw error;
    return () => job.fail(error);
  }
}
