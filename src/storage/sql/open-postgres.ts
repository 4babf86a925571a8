import pg from 'pg';
import { events } from '../../events/catalogue.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Events, noEvents } from '../../ports/events.ts';
import type { Storage } from '../../ports/stores/stores.ts';
import { type LockPatience, runMigrations } from './migrations.ts';
import { createDoor } from './postgres-door.ts';
import { createPostgresEngine } from './postgres-engine.ts';
import { createPostgresLanes } from './postgres-lanes.ts';
import { createPostgresTransactions, type PostgresTransactions } from './postgres-transactions.ts';
import { createSqlStorage } from './sql-storage.ts';
import { createStallWatch, type StallWatch } from './stall-watch.ts';
import { createStoreTime } from './store-time.ts';

/** How to open PostgreSQL storage. What is absent here comes from the `PG*` environment variables, as with libpq. */
export interface PostgresStorageOptions {
  /** `postgresql://user:password@host:port/database`; the members below complete or replace its parts. */
  readonly connectionString?: string;
  /** Host name, address, or the directory of a Unix socket. */
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  /** True: TLS with the system's authorities; or the authorities (PEM) to trust. */
  readonly ssl?: boolean | { readonly ca: string };
  /** The schema for the tables; the user's default one when absent. Made when missing. */
  readonly schema?: string;
  /** Connections of this process at most, 5 when absent; 4 are the least. */
  readonly maxPoolSize?: number;
  /** Milliseconds after which a connection is replaced, 1 800 000 when absent. */
  readonly maxLifetime?: number;
  /** Milliseconds to wait for a connection, to be opened or to be free, 5000 when absent. */
  readonly connectTimeout?: number;
  /** Milliseconds without an answer after which a connection is cut, {@link STALL_LIMIT} when absent. */
  readonly stallLimit?: number;
  /** Rows that one purge statement deletes, 1000 when absent. */
  readonly pageLimit?: number;
  /** False: refuse to start instead of making or migrating the schema. */
  readonly createTables?: boolean;
  /** How a migration waits for those who hold the tables. */
  readonly lockPatience?: LockPatience;
  /** False behind a connection pooler that does not keep prepared statements. */
  readonly preparedStatements?: boolean;
  readonly clock: Clock;
  /** Unix milliseconds of this machine, for tests: what is compared with the clock of the server. */
  readonly machineTime?: () => number;
  readonly events?: Events;
}

/**
 * Far above what a statement of ours takes, and below the 10 seconds that requests get when the server closes, so that those
 * that wait for a database which does not answer are answered all the same.
 */
const STALL_LIMIT = 8000;

/**
 * Opens storage in a PostgreSQL database (13 or later), making and migrating its schema; any number of processes may do so
 * at once. A lost connection fails the operations on it, and the next ones get another connection; one that does not answer
 * for `stallLimit` counts as lost. Operations reject with a `StorageAway` where the server cannot do its work.
 * Throws when the server cannot be reached or its schema is of a newer version.
 */
export async function openPostgresStorage(options: PostgresStorageOptions): Promise<Storage> {
  const { clock, events: told = noEvents, schema } = options;
  const watch = createStallWatch(options.stallLimit ?? STALL_LIMIT);
  const { lanes, transactions } = createConnections(options, told, watch);
  const preparedStatements = options.preparedStatements ?? true;
  const engine = createPostgresEngine({ lanes, transactions, schema, preparedStatements, watch });
  try {
    const description = await describe(transactions, schema);
    const create = options.createTables ?? true;
    const { lockPatience: patience } = options;
    await runMigrations({ engine, place: description, create, events: told, patience }, clock);
    // Not before: a migration of large tables takes its time.
    watch.start();
    const time = createStoreTime({ engine, clock, events: told, machineTime: options.machineTime });
    // Says at the start whether the clocks differ.
    await time();
    return createSqlStorage({ engine, description, clock, events: told, time, pageLimit: options.pageLimit ?? 1000 });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/**
 * PostgreSQL keeps the plans of prepared statements, and may have made them when the tables were empty or small: then to read all of
 * one looks best, and still does when it has grown. Every statement of ours looks rows up by an index, which is right for any size.
 */
export const plannerSettings = 'set enable_seqscan = off; set plan_cache_mode = force_generic_plan';

/**
 * Single statements go over three pipelined connections, so that a slow one does not hold up all others; transactions share the
 * rest. Together they keep to `maxPoolSize`, or four, below which that division is not possible.
 */
const LANES = 3;

function createConnections(options: PostgresStorageOptions, told: Events, watch: StallWatch) {
  const settings = connectionSettings(options);
  const newClient = () => {
    const client = new pg.Client({ ...settings, pipeline: true });
    // Without a listener, the loss of a connection would end the process. Operations on it reject by themselves. The driver
    // may tell of one loss several times.
    let reported = false;
    client.on('error', (error) => {
      if (!reported) told.emit(events.storage.connectionLost, { reason: error.message });
      reported = true;
    });
    return client;
  };
  const maxLifetime = options.maxLifetime ?? 1_800_000;
  const setUp = (options.preparedStatements ?? true) ? plannerSettings : '';
  const shared = { newClient, maxLifetime, setUp, watch, door: createDoor() };
  const rest = Math.max(1, (options.maxPoolSize ?? 5) - LANES);
  return {
    lanes: createPostgresLanes({ ...shared, count: LANES }),
    transactions: createPostgresTransactions({ ...shared, count: rest, patience: options.connectTimeout ?? 5000 }),
  };
}

function connectionSettings(options: PostgresStorageOptions): pg.ClientConfig {
  const { connectionString, host, port, database, user, password, ssl } = options;
  return {
    ...(connectionString === undefined ? {} : { connectionString }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(database === undefined ? {} : { database }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(ssl === undefined ? {} : { ssl }),
    application_name: 'tessera',
    connectionTimeoutMillis: options.connectTimeout ?? 5000,
    types: { getTypeParser },
  };
}

/** Integers of 64 bits come as text by default; all of ours fit a number exactly. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format);
}

/** Server, database and schema as the server itself names them. */
function describe(transactions: PostgresTransactions, schema: string | undefined): Promise<string> {
  return transactions.run(async ({ client, query }) => {
    const text = "select current_setting('server_version') as version, current_database() as database";
    const { rows } = await query({ text, values: [] });
    const place = `${client.host}:${client.port}/${rows[0]?.database}`;
    return `PostgreSQL ${rows[0]?.version} ${place}${schema === undefined ? '' : `, schema ${schema}`}`;
  });
}
