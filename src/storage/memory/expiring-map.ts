/** An entry that ends: absent from `expiresAt` (Unix seconds) on. */
export interface Expiring {
  readonly expiresAt: number;
}

/** A map of entries that end. Nothing is scanned on the way: expired entries go when they are met, or at a purge. */
export interface ExpiringMap<V extends Expiring> {
  /** Entries, also those that have expired and were not met since. */
  readonly size: number;
  /** The entry if it is live at `now`. */
  get(key: string, now: number): V | undefined;
  set(key: string, entry: V): void;
  /** Removes the entry, answering whether it was there. */
  delete(key: string): boolean;
  /** Live entries; walks all. */
  values(now: number): Iterable<V>;
  /** Removes the expired entries among the next `limit` ones; answers how many, and whether the end was reached. */
  sweep(now: number, limit: number): { readonly removed: number; readonly done: boolean };
}

/**
 * A map of two generations that never holds more than `capacity` entries: when the young one is full it becomes the old one,
 * and the old one goes as a whole, with what is still live in it. That costs nothing per entry, unlike a queue of ages.
 *
 * @param onExpired hears of each entry that went because it had expired, so that an index beside the map can follow.
 */
export function createExpiringMap<V extends Expiring>(
  capacity: number,
  onExpired: (entry: V) => void = () => {},
): ExpiringMap<V> {
  const generationSize = Math.max(1, Math.ceil(capacity / 2));
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  let cursor: IterableIterator<[string, V]> | undefined;

  function* all(): IterableIterator<[string, V]> {
    yield* old;
    yield* young;
  }

  function remove(key: string): boolean {
    return young.delete(key) || old.delete(key);
  }

  function expire(key: string, entry: V): void {
    remove(key);
    onExpired(entry);
  }

  return {
    get size() {
      return young.size + old.size;
    },
    get(key, now) {
      const entry = young.get(key) ?? old.get(key);
      if (!entry || entry.expiresAt > now) return entry;
      expire(key, entry);
      return undefined;
    },
    set(key, entry) {
      if (old.has(key)) {
        old.set(key, entry);
        return;
      }
      if (young.size >= generationSize && !young.has(key)) {
        old = young;
        young = new Map();
        cursor = undefined;
      }
      young.set(key, entry);
    },
    delete: remove,
    *values(now) {
      for (const [, entry] of all()) if (entry.expiresAt > now) yield entry;
    },
    sweep(now, limit) {
      cursor ??= all();
      let removed = 0;
      for (let seen = 0; seen < limit; seen++) {
        const next = cursor.next();
        if (next.done) {
          cursor = undefined;
          return { removed, done: true };
        }
        const [key, entry] = next.value;
        if (entry.expiresAt > now) continue;
        expire(key, entry);
        removed++;
      }
      return { removed, done: false };
    },
  };
}

/** How many entries are live; walks all. */
export function countLive<V extends Expiring>(map: ExpiringMap<V>, now: number): number {
  let count = 0;
  for (const _ of map.values(now)) count++;
  return count;
}
