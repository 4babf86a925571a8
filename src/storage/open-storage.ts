import type { Clock } from '../ports/clock.ts';
import type { Events } from '../ports/events.ts';
import type { Storage } from '../ports/stores/stores.ts';
import type { StorageSettings } from './properties.ts';

/** Opens the configured storage; only the chosen driver is loaded. Rejects with an `Error` for the operator. */
export async function openStorage(
  settings: StorageSettings,
  deps: { readonly clock: Clock; readonly events: Events },
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
        synchronous: settings.sqliteSynchronous,
        pageLimit: settings.pageLimit,
        createTables: settings.createTables,
        ...deps,
      });
    }
    case 'postgres': {
      if (settings.url === undefined) throw new Error('storage.profile=postgres needs dataSource.url');
      const { openPostgresStorage } = await import('./sql/open-postgres.ts');
      return openPostgresStorage({
        connectionString: connectionUrl(settings.url, settings),
        maxPoolSize: settings.maxPoolSize,
        maxLifetime: settings.maxLifetime,
        pageLimit: settings.pageLimit,
        createTables: settings.createTables,
        ...(settings.schema === undefined ? {} : { schema: settings.schema }),
        ...deps,
      });
    }
  }
}

/** The URL with the separate user and password in it: the driver would let the empty ones of the URL win. */
function connectionUrl(text: string, { user, password }: StorageSettings): string {
  const url = new URL(text.replace(/^jdbc:/, ''));
  if (url.username === '' && user !== undefined) url.username = encodeURIComponent(user);
  if (url.password === '' && password !== undefined) url.password = encodeURIComponent(password);
  return url.href;
}
