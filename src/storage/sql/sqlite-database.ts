import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../../domain/error-message.ts';
import { keepToOwner } from './owner-only.ts';

/**
 * How sure a commit is: with `FULL` it is on the disk when it is told; with `NORMAL` the system may keep it in memory for a
 * while, and a power failure takes it back.
 */
export type Synchronous = 'FULL' | 'NORMAL';

/**
 * Pages of 4 KiB in the log before a commit writes them back to the file, during which the thread stands still. More than
 * SQLite's 1000: keys are random, so that under load a commit fills tens of pages and one in fifty would have to wait.
 */
const CHECKPOINT_PAGES = 4000;

/** SQLITE_BUSY. */
const BUSY = 5;

/**
 * Opens a database in WAL mode, which only its owner may use. Throws, with the file, when it cannot be opened, or when others keep it locked for longer than
 * `busyTimeout` milliseconds.
 */
export async function openSqliteDatabase(
  file: string,
  { busyTimeout, synchronous }: { readonly busyTimeout: number; readonly synchronous: Synchronous },
): Promise<DatabaseSync> {
  guardFile(file);
  const deadline = performance.now() + busyTimeout;
  for (;;) {
    const database = connect(file, busyTimeout);
    try {
      database.exec('pragma journal_mode = wal');
      database.exec(`pragma synchronous = ${synchronous}`);
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
