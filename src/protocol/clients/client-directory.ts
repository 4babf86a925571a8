import type { Client } from '../../domain/client.ts';
import { isClientId } from '../../domain/client-id.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClientStore } from '../../ports/stores/stores.ts';
import { compileClient } from './compile-client.ts';

/** Looks clients up, ready for use. */
export interface ClientDirectory {
  /** The client, perhaps as it was up to the cache lifetime ago; `undefined` when there is none. */
  get(clientId: string): Client | undefined | Promise<Client | undefined>;
  /** Forgets what is cached, after a change in this process. */
  forget(clientId: string): void;
}

/** More clients than this are not kept in memory at once. */
export const maxCached = 10_000;

interface Cached {
  readonly client: Client;
  readonly until: number;
}

/**
 * A directory over the store with a bounded cache. `cacheLifetime` (seconds) bounds how long a change by another process
 * may go unnoticed; 0 reads the store each time. Unknown clients are never cached.
 */
export function createClientDirectory(deps: {
  readonly store: ClientStore;
  readonly clock: Clock;
  readonly cacheLifetime: number;
}): ClientDirectory {
  const cache = new Map<string, Cached>();
  const loading = new Map<string, Promise<Client | undefined>>();

  const keep = (client: Client) => {
    if (cache.size >= maxCached) {
      const oldest = cache.keys().next().value;
      if (oldest !== undefined) cache.delete(oldest);
    }
    cache.delete(client.id);
    cache.set(client.id, { client, until: deps.clock.now() + deps.cacheLifetime });
  };

  const load = (clientId: string): Promise<Client | undefined> => {
    const promise: Promise<Client | undefined> = deps.store.get(clientId).then(
      (stored) => {
        const client = stored && compileClient(stored);
        // A change meanwhile has taken this load out of the table: what it read may be stale and is not kept.
        const current = loading.get(clientId) === promise;
        if (current) loading.delete(clientId);
        if (client && current && deps.cacheLifetime > 0) keep(client);
        return client;
      },
      (error: unknown) => {
        if (loading.get(clientId) === promise) loading.delete(clientId);
        throw error;
      },
    );
    loading.set(clientId, promise);
    return promise;
  };

  return {
    get(clientId) {
      // What cannot be a client ID does not trouble the store.
      if (!isClientId(clientId)) return undefined;
      const cached = cache.get(clientId);
      if (cached && deps.clock.now() < cached.until) return cached.client;
      return loading.get(clientId) ?? load(clientId);
    },
    forget(clientId) {
      cache.delete(clientId);
      loading.delete(clientId);
    },
  };
}
