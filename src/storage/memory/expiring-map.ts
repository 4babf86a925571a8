import type { Clock } from '../../ports/clock.ts';

/** A map whose entries count as absent from the second of their expiry on. */
export interface ExpiringMap<V> {
  get(key: string): V | undefined;
  /** `expiresAt` in Unix seconds; `undefined`: never. */
  set(key: string, value: V, expiresAt: number | undefined): void;
  delete(key: string): boolean;
  /** Living entries. */
  entries(): Generator<[string, V]>;
  /** Removes up to `limit` expired entries and answers how many went. */
  purge(limit: number): number;
}

interface Entry<V> {
  readonly value: V;
  readonly expiresAt: number;
}

/** An expiring map over a plain one. What has expired goes when it is met, or when it is purged. */
export function createExpiringMap<V>(clock: Clock): ExpiringMap<V> {
  const map = new Map<string, Entry<V>>();
  return {
    get(key) {
      const entry = map.get(key);
      if (!entry) return undefined;
      if (clock.now() < entry.expiresAt) return entry.value;
      map.delete(key);
      return undefined;
    },
    set(key, value, expiresAt) {
      map.set(key, { value, expiresAt: expiresAt ?? Number.POSITIVE_INFINITY });
    },
    delete(key) {
      const entry = map.get(key);
      map.delete(key);
      return entry !== undefined && clock.now() < entry.expiresAt;
    },
    *entries() {
      const now = clock.now();
      for (const [key, entry] of map) if (now < entry.expiresAt) yield [key, entry.value];
    },
    purge(limit) {
      const now = clock.now();
      let removed = 0;
      for (const [key, entry] of map) {
        if (removed >= limit) break;
        if (now < entry.expiresAt) continue;
        map.delete(key);
        removed++;
      }
      return removed;
    },
  };
}

/** A page of entries in key order. */
export function pageOf<V>(
  entries: Iterable<[string, V]>,
  page: { readonly after?: string; readonly limit: number },
): readonly [string, V][] {
  const { after } = page;
  return [...entries]
    .filter(([key]) => after === undefined || key > after)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, page.limit);
}

/** How many living entries there are. */
export function countOf(map: ExpiringMap<unknown>): number {
  let count = 0;
  for (const _ of map.entries()) count++;
  return count;
}
