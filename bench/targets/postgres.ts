import { startPostgres } from '../../test/support/postgres.ts';

/** A private PostgreSQL server for the run, started when the first database is asked for. */
export interface BenchPostgres {
  /** Connection URL of a fresh, empty database. */
  readonly newDatabase: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Prepares for PostgreSQL without starting it. Writes are as durable as in production: fsync stays on. */
export function openPostgres(): BenchPostgres {
  let server: ReturnType<typeof startPostgres> | undefined;
  return {
    async newDatabase() {
      server ??= startPostgres({ fsync: true });
      const started = await server;
      if (!started.available) throw new Error(started.reason);
      return (await started.createDatabase()).connectionString;
    },
    async close() {
      const started = await server;
      if (started?.available) await started.stop();
    },
  };
}
