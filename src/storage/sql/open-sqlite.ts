import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../../domain/error-message.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Events, noEvents } from '../../ports/events.ts';
import type { Storage } from '../../ports/stores/stores.ts';
import { migrate } from './migrations.ts';
import { keepToOwner } from './owner-only.ts';
import { createSqlStorage } from './sql-storage.ts';
import { createSqliteEngine } from './sqlite-engine.ts';

/** How to open SQLite storage. */
export interface SqliteStorageOptions {
  /**
   * Path of the database file; its directory is made when missing, for the owner alone (mode 0700). The file, with those that SQLite puts
   * beside it, is the owner's alone too (0600), also where it was not before.
   */
  readonly file: string;
  readonly clock: Clock;
  readonly events?: Events;
  /** Milliseconds to wait for another process that writes, 5000 when absent. The thread stands still meanwhile. */
  readonly busyTimeout?: number;
  /** Rows that one purge statement deletes, 1000 when absent. */
  readonly pageLimit?: number;
  /** False: refuse to start instead of making or migrating the schema. */
  readonly createTables?: boolean;
}

/**
 * Opens storage in a SQLite file, making and migrating its schema. Other processes may use the same file at the same time
 * (the command line beside a server). What was acknowledged survives the end of the process at any moment; a power failure
 * may cost the latest writes, never the consistency of the file (WAL with `synchronous=NORMAL`).
 * Throws when the file cannot be opened or is of a newer schema version.
 */
export async function openSqliteStorage(options: SqliteStorageOptions): Promise<Storage> {
  const { clock, events = noEvents } = options;
  const file = resolve(options.file);
  guardFile(file);
  const database = await openDatabase(file, options.busyTimeout ?? 5000);
  const engine = createSqliteEngine(database);
  const description = `SQLite ${file}`;
  try {
    const create = options.createTables ?? true;
    const plan = { engine, place: description, create, events };
    await engine.transaction(() => migrate({ ...plan, now: clock.now() }));
    return createSqlStorage({ engine, description, clock, events, pageLimit: options.pageLimit ?? 1000 });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/**
 * Pages of 4 KiB in the log before a commit writes them back to the file, during which the thread stands still. More than
 * SQLite's 1000: keys are random, so that under load a commit fills tens of pages and one in fifty would have to wait.
 */
const CHECKPOINT_PAGES = 4000;

/** SQLITE_BUSY. */
const BUSY = 5;

async function openDatabase(file: string, busyTimeout: number): Promise<DatabaseSync> {
  const deadline = performance.now() + busyTimeout;
  for (;;) {
    const database = connect(file, busyTimeout);
    try {
      database.exec('pragma journal_mode = wal');
      database.exec('pragma synchronous = normal');
      database.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      return database;
    } catch (error) {
      database.close();
      // Several processes that start on a new file all want to change its journal mode, and SQLite does not wait for that.
      if (!isBusy(error) || performance.now() > deadline) throw cannotOpen(file, error);
      await setTimeout(20);
    }
  }
}

function guardFile(file: string): void {
  try {
    keepToOwner(file);
  } catch (error) {
    throw cannotOpen(file, error);
  }
}

function connect(file: string, timeout: number): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout });
  } catch (error) {
    throw cannotOpen(file, error);
  }
}

function isBusy(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === BUSY;
}

function cannotOpen(file: string, cause: unknown): Error {
  return new Error(`SQLite ${file} cannot be opened: ${messageOf(cause)}`, { cause });
}
