import type { Clock } from '../../ports/clock.ts';
import type { ExpendedStore } from '../../ports/stores/stores.ts';
import { countLive, createExpiringMap, type Expiring, type ExpiringMap } from './expiring-map.ts';

interface Entry extends Expiring {
  readonly usedAt: number;
}

/** Entries looked at per new one: more than one, so that what expired goes faster than new entries come. */
const SWEEP_PER_ENTRY = 3;

/** The one-time things of a tenant. No capacity bounds them: forgetting one early would let it be used twice. */
export function createExpended(clock: Clock): ExpendedStore & { readonly sweep: ExpiringMap<Entry>['sweep'] } {
  const entries = createExpiringMap<Entry>(Number.POSITIVE_INFINITY);

  return {
    sweep: entries.sweep,
    async consume(kind, id, expiresAt) {
      const key = keyOf(kind, id);
      const now = clock.now();
      const entry = entries.get(key, now);
      if (entry) return { first: false, at: entry.usedAt };
      entries.set(key, { usedAt: now, expiresAt });
      entries.sweep(now, SWEEP_PER_ENTRY);
      return { first: true };
    },
    find: async (kind, id) => entries.get(keyOf(kind, id), clock.now())?.usedAt,
    count: async () => countLive(entries, clock.now()),
  };
}

/** The length keeps (`a`, `b:c`) and (`a:b`, `c`) apart. */
function keyOf(kind: string, id: string): string {
  return `${kind.length}:${kind}:${id}`;
}
