import { resolve } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import { type Events, noEvents } from '../../ports/events.ts';
import type { Storage } from '../../ports/stores/stores.ts';
import { runMigrations } from './migrations.ts';
import { createSqlStorage } from './sql-storage.ts';
import { openSqliteDatabase, type Synchronous } from './sqlite-database.ts';
import { createSqliteEngine } from './sqlite-engine.ts';
import { createStoreTime } from './store-time.ts';

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
  /** How sure a commit is, `FULL` when absent. */
  readonly synchronous?: Synchronous;
  /** Rows that one purge statement deletes, 1000 when absent. */
  readonly pageLimit?: number;
  /** False: refuse to start instead of making or migrating the schema. */
  readonly createTables?: boolean;
}

/**
 * Opens storage in a SQLite file, making and migrating its schema. Other processes may use the same file at the same time
 * (the command line beside a server). What was acknowledged survives the end of the process at any moment, and a power failure
 * too, unless `synchronous` is `NORMAL`: then that may cost the latest writes, never the consistency of the file.
 * Throws when the file cannot be opened or is of a newer schema version.
 */
export async function openSqliteStorage(options: SqliteStorageOptions): Promise<Storage> {
  const { clock, events = noEvents } = options;
  const file = resolve(options.file);
  const { busyTimeout = 5000, synchronous = 'FULL' } = options;
  const database = await openSqliteDatabase(file, { busyTimeout, synchronous });
  const engine = createSqliteEngine(database);
  const description = `SQLite ${file}${synchronous === 'FULL' ? '' : `, synchronous=${synchronous}`}`;
  try {
    const create = options.createTables ?? true;
    await runMigrations({ engine, place: description, create, events }, clock);
    const time = createStoreTime({ engine, clock, events });
    return createSqlStorage({ engine, description, clock, events, time, pageLimit: options.pageLimit ?? 1000 });
  } catch (error) {
    await engine.close();
    throw error;
  }
}
