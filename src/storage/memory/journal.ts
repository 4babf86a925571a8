import type { Clock } from '../../ports/clock.ts';
import type { RevocationJournal, RevocationTarget } from '../../ports/stores/stores.ts';
import { countLive, createExpiringMap, type Expiring } from './expiring-map.ts';

interface Entry extends Expiring {
  readonly revokedAt: number;
}

type Member = 'sub' | 'act' | 'cid' | 'gid';
const MEMBERS: readonly Member[] = ['sub', 'act', 'cid', 'gid'];

/** The journal, and the same look-up without a promise for the access token store. */
export interface MemoryJournal extends RevocationJournal {
  latestNow(token: RevocationTarget): number | undefined;
  sweep(now: number, limit: number): { readonly removed: number; readonly done: boolean };
}

/**
 * The journal of a tenant. Entries are kept under the combination of members that they give; a token asks only for the
 * combinations that were ever used, so that an empty journal costs one comparison.
 */
export function createJournal(clock: Clock): MemoryJournal {
  const entries = createExpiringMap<Entry>(Number.POSITIVE_INFINITY);
  const combinations = new Map<string, readonly Member[]>();

  function latestNow(token: RevocationTarget): number | undefined {
    if (combinations.size === 0) return undefined;
    const now = clock.now();
    let latest: number | undefined;
    for (const members of combinations.values()) {
      if (!members.every((member) => token[member])) continue;
      const entry = entries.get(keyOf(members, token), now);
      if (entry && (latest === undefined || entry.revokedAt > latest)) latest = entry.revokedAt;
    }
    return latest;
  }

  return {
    latestNow,
    sweep: entries.sweep,
    async revoke(target, at, retainUntil) {
      const members = MEMBERS.filter((member) => target[member]);
      if (members.length === 0) {
        throw new TypeError('Revocation target: expected at least one of sub, act, cid, gid, received none');
      }
      const key = keyOf(members, target);
      const current = entries.get(key, clock.now());
      combinations.set(members.join(), members);
      entries.set(key, {
        revokedAt: Math.max(at, current?.revokedAt ?? at),
        expiresAt: Math.max(retainUntil, current?.expiresAt ?? retainUntil),
      });
    },
    latest: async (token) => latestNow(token),
    count: async () => countLive(entries, clock.now()),
  };
}

/** Distinct for distinct targets: JSON quotes what could be taken for a separator. */
function keyOf(members: readonly Member[], target: RevocationTarget): string {
  return JSON.stringify(members.map((member) => [member, target[member]]));
}
