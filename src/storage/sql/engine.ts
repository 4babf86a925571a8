import type { SqlDialect, StatementBuilder } from './schema.ts';
import type { Args, SqlResult, SqlValue, Statement } from './statement.ts';
import type { SqlVerbs } from './verbs.ts';

/** Runs statements at once. */
export type RunNow = <A extends Args, R>(statement: Statement<A, R>, args: A) => SqlResult<R>;

/** Runs statements over the network. */
export type RunLater = <A extends Args, R>(statement: Statement<A, R>, args: A) => Promise<SqlResult<R>>;

/** One statement within a script, runnable in either way. */
export interface Step {
  /** False when the script goes on without the answer. */
  readonly awaited: boolean;
  now(run: RunNow): void;
  later(run: RunLater): Promise<void>;
}

/**
 * Several statements that are one transaction, written once for both kinds of driver: SQLite runs it without letting go of
 * the thread, PostgreSQL with a round trip per question.
 */
export type Script<T> = Generator<Step, T, void>;

/** Asks for a statement within a script: `const result = yield* ask(statement, args)`. */
export function* ask<A extends Args, R>(statement: Statement<A, R>, args: A): Script<SqlResult<R>> {
  let result: SqlResult<R> | undefined;
  yield {
    awaited: true,
    now(run) {
      result = run(statement, args);
    },
    async later(run) {
      result = await run(statement, args);
    },
  };
  if (!result) throw new Error(`Statement ${statement.name} was not run`);
  return result;
}

/**
 * Sends a statement within a script and goes on at once: the next one follows without a round trip in between. Should it
 * fail, the script fails.
 */
export function* tell<A extends Args>(statement: Statement<A, unknown>, args: A): Script<void> {
  yield {
    awaited: false,
    now(run) {
      run(statement, args);
    },
    async later(run) {
      await run(statement, args);
    },
  };
}

/** An insert of one row that a driver may collect with others of its kind into one statement. */
export interface CollectedInsert<A extends Args> {
  /** The insert of one row alone, where that is a single statement. */
  readonly one: Statement<A, unknown> | undefined;
  /** The insert of one row as a part of a transaction. */
  script(args: A): Script<void>;
  /** The same for any number of rows, where the database takes them as one array per column. */
  readonly many: CollectedRows<A> | undefined;
}

/** An insert of any number of rows. */
export interface CollectedRows<A extends Args> {
  readonly name: string;
  readonly text: string;
  /** The parameters for a batch of rows, one array per column. */
  rowLists(batch: readonly A[]): SqlValue[][];
  /** Where the insert answers rows that have to make room: the statement that removes one, which takes their columns. */
  readonly removal: Statement<Args, unknown> | undefined;
}

/** A connected SQL driver. Every promise rejects with the driver's error when the statement or the connection fails. */
export interface SqlEngine {
  /** Which text of a migration is meant; everything else that depends on it is in `verbs`. */
  readonly dialect: SqlDialect;
  readonly builder: StatementBuilder;
  readonly verbs: SqlVerbs;
  /** True where a round trip costs more than a conflict: changes of a row are tried without a lock first. */
  readonly optimistic: boolean;
  /** True where statements run on the thread of this process, which does nothing else meanwhile. */
  readonly holdsThread: boolean;
  /** A statement that changes nothing. */
  read<A extends Args, R>(statement: Statement<A, R>, args: A): Promise<SqlResult<R>>;
  /** A statement that changes something; resolves when it is committed. */
  write<A extends Args, R>(statement: Statement<A, R>, args: A): Promise<SqlResult<R>>;
  /**
   * A function that inserts a row, together with those that others insert in the same turn of the event loop. It resolves
   * when the row is committed; a row that fails does not fail the others.
   */
  collector<A extends Args>(insert: CollectedInsert<A>): (args: A) => Promise<void>;
  /** Runs a script of one statement, which needs no transaction around it. */
  runOne<T>(script: () => Script<T>): Promise<T>;
  /**
   * Runs a script as one transaction and answers its result. PostgreSQL isolates at READ COMMITTED, so that a script locks
   * what it decides on; with SQLite it is alone.
   */
  transaction<T>(script: () => Script<T>): Promise<T>;
  close(): Promise<void>;
}
