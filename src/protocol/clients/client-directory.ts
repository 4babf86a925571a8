import { sha256 } from '../../crypto/digest.ts';
import type { Client } from '../../domain/client.ts';
import { isClientId } from '../../domain/client-id.ts';
import type { StoredClient } from '../../domain/stored-client.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClientStore } from '../../ports/stores/stores.ts';
import { type CachedClient, createClientCache, weightOf } from './client-cache.ts';
import { compileClient } from './compile-client.ts';

/** Looks clients up, ready for use. */
export interface ClientDirectory {
  /** The client, perhaps as it was up to the cache lifetime ago; `undefined` when there is none. */
  get(clientId: string): Client | undefined | Promise<Client | undefined>;
  /**
   * For a client that was refused as it was known here: the client as the store has it by now, if that is another. The store is
   * asked a few times in a second for each client at most; otherwise, and where nothing has changed, `undefined`.
   */
  reread(refused: Client): Promise<Client | undefined>;
  /** Forgets what is cached, after a change in this process. */
  forget(clientId: string): void;
}

/** Reads of a client in one second that refusals may cause. */
export const maxRereads = 5;

/**
 * A directory over the store with a bounded cache. `cacheLifetime` (seconds) bounds how long a change by another process
 * may go unnoticed; 0 reads the store each time. `cacheSize` (bytes) bounds what the cache takes. Unknown clients are never cached.
 */
export function createClientDirectory(deps: {
  readonly store: ClientStore;
  readonly clock: Clock;
  readonly cacheLifetime: number;
  readonly cacheSize: number;
}): ClientDirectory {
  const cache = createClientCache(deps.cacheSize);
  const loading = new Map<string, Promise<Client | undefined>>();

  const keep = (stored: StoredClient): Client => {
    const now = deps.clock.now();
    const text = JSON.stringify(stored);
    const revision = sha256(text);
    const last = cache.get(stored.client_id);
    const same = last?.revision === revision ? last : undefined;
    const client = same?.client ?? compileClient(stored);
    const weight = same?.weight ?? weightOf(text);
    const rereads = last?.rereads ?? { second: now, count: 0 };
    cache.remove(client.id);
    cache.keep({ client, until: now + deps.cacheLifetime, weight, revision, rereads }, now);
    return client;
  };

  const load = (clientId: string): Promise<Client | undefined> => {
    const promise: Promise<Client | undefined> = deps.store.get(clientId).then(
      (stored) => {
        // A change meanwhile has taken this load out of the table: what it read may be stale and is not kept.
        const current = loading.get(clientId) === promise;
        if (current) loading.delete(clientId);
        if (current && !stored) cache.remove(clientId);
        if (!stored) return undefined;
        return current && deps.cacheLifetime > 0 ? keep(stored) : compileClient(stored);
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
    async reread(refused) {
      const { id } = refused;
      const known = cache.get(id);
      // What is not kept has just been read.
      if (!known) return undefined;
      if (known.client !== refused) return known.client;
      if (!mayReread(known, deps.clock.now())) return undefined;
      const client = await (loading.get(id) ?? load(id));
      return client === refused ? undefined : client;
    },
    forget(clientId) {
      cache.remove(clientId);
      loading.delete(clientId);
    },
  };
}

function mayReread({ rereads }: CachedClient, now: number): boolean {
  if (rereads.second !== now) {
    rereads.second = now;
    rereads.count = 0;
  }
  return rereads.count++ < maxRereads;
}
