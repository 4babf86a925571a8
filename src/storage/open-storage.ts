import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Storage } from '../ports/stores/stores.ts';
import type { StorageSettings } from './properties.ts';

/** Opens the configured storage; only the chosen driver is loaded. Rejects with an `Error` for the operator. */
export async function openStorage(
  settings: StorageSettings,
  deps: { readonly clock: Clock; readonly log: Log },
): Promise<Storage> {
  switch (settings.profile) {
    case 'memory': {
      const { openMemoryStorage } = await import('./memory/open-memory.ts');
      return openMemoryStorage(deps);
    }
    case 'sqlite': {
      const { openSqliteStorage } = await import('./sql/open-sqlite.ts');
      return openSqliteStorage({
        file: settings.sqliteFile,
        pageLimit: settings.pageLimit,
        createTables: settings.createTables,
        ...deps,
      });
    }
    case 'postgres': {
      if (settings.url === undefined) throw new Error('storage.profile=postgres needs dataSource.url');
      const { openPostgresStorage } = await import('./sql/open-postgres.ts');
      return openPostgresStorage({
        connectionString: settings.url.replace(/^jdbc:/, ''),
        maxPoolSize: settings.maxPoolSize,
        maxLifetime: settings.maxLifetime,
        pageLimit: settings.pageLimit,
        createTables: settings.createTables,
        ...(settings.user === undefined ? {} : { user: settings.user }),
        ...(settings.password === undefined ? {} : { password: settings.password }),
        ...(settings.schema === undefined ? {} : { schema: settings.schema }),
        ...deps,
      });
    }
  }
}
