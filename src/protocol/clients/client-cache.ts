import type { Client } from '../../domain/client.ts';

/** A client in the cache. */
export interface CachedClient {
  readonly client: Client;
  /** Until when it is as good as fresh, Unix seconds. */
  readonly until: number;
  /** What it takes, bytes: see `weightOf`. */
  readonly weight: number;
  /** The same for the same registration, and for no other. */
  readonly revision: string;
  /** How often the store was asked for it beyond that, in the given second. */
  readonly rereads: { second: number; count: number };
}

/** Clients that were read not long ago. */
export interface ClientCache {
  /** The client, be its time over or not. */
  get(clientId: string): CachedClient | undefined;
  /** Keeps a client that is not there. What has ended by `now` (Unix seconds) goes, and then the oldest until there is room. */
  keep(cached: CachedClient, now: number): void;
  remove(clientId: string): void;
}

/** What a compiled client takes beside its texts, bytes, on the safe side: sets, digests and the objects themselves. */
const overhead = 3000;

/** A cache that takes about `maxSize` bytes at most. Clients are expected to end in the order in which they come. */
export function createClientCache(maxSize: number): ClientCache {
  const clients = new Map<string, CachedClient>();
  let size = 0;

  const remove = (clientId: string) => {
    const cached = clients.get(clientId);
    if (!cached) return;
    clients.delete(clientId);
    size -= cached.weight;
  };

  return {
    get: (clientId) => clients.get(clientId),
    keep(cached, now) {
      const { weight } = cached;
      for (const [clientId, { until }] of clients) {
        if (now < until && size + weight <= maxSize) break;
        remove(clientId);
      }
      if (weight > maxSize) return;
      clients.set(cached.client.id, cached);
      size += weight;
    },
    remove,
  };
}

/** Bytes that a value in an object or an array takes beside its text, at the worst: an empty object of its own. */
const perValue = 64;

const structural: ReadonlySet<number> = new Set([...'{[,'].map((character) => character.charCodeAt(0)));

/**
 * What a client takes in memory by its registration as JSON, bytes, on the safe side: characters beyond Latin-1 take two, and
 * three characters of JSON may be an object.
 */
export function weightOf(text: string): number {
  let values = 0;
  for (let i = 0; i < text.length; i++) if (structural.has(text.charCodeAt(i))) values++;
  return overhead + 2 * text.length + perValue * values;
}
