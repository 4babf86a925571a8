/** A private PostgreSQL server for the run, started when the first database is asked for. */
export interface BenchPostgres {
  /** Connection URL of a fresh, empty database. */
  readonly newDatabase: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Prepares for PostgreSQL without starting it. */
export function openPostgres(): BenchPostgres {
  return {
    newDatabase: async () => {
      throw new Error('no private PostgreSQL server is available yet');
    },
    close: async () => {},
  };
}
