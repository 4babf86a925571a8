import type { Clock } from '../../ports/clock.ts';
import type { RevocationJournal, RevocationTarget } from '../../ports/stores/stores.ts';
import { countOf, createExpiringMap } from './expiring-map.ts';

/** The revocation journal in memory. `latestOf` is the synchronous look for other stores. */
export function createRevocationJournal(clock: Clock) {
  const entries = createExpiringMap<{ readonly at: number; readonly until: number }>(clock);
  // Most of the time nothing was ever revoked, and then a look costs nothing.
  let used = false;

  const latestOf = (token: RevocationTarget): number | undefined => {
    if (!used) return undefined;
    let latest: number | undefined;
    for (const key of keysOf(token)) {
      const entry = entries.get(key);
      if (entry && (latest === undefined || entry.at > latest)) latest = entry.at;
    }
    return latest;
  };

  const journal: RevocationJournal = {
    async revoke(target, at, retainUntil) {
      used = true;
      const key = keyOf(target);
      const current = entries.get(key);
      const entry = {
        at: Math.max(at, current?.at ?? at),
        until: Math.max(retainUntil, current?.until ?? retainUntil),
      };
      entries.set(key, entry, entry.until);
    },
    async latest(token) {
      return latestOf(token);
    },
    async count() {
      return countOf(entries);
    },
  };
  return { journal, latestOf, purge: (limit: number) => entries.purge(limit) };
}

function keyOf({ sub, act, cid, gid }: RevocationTarget): string {
  return JSON.stringify([sub ?? null, act ?? null, cid ?? null, gid ?? null]);
}

/** The entries that would match a token: each non-empty combination of its members, and its grant. */
function* keysOf({ sub, act, cid, gid }: RevocationTarget): Generator<string> {
  if (gid !== undefined) yield keyOf({ gid });
  for (const s of choices(sub)) {
    for (const a of choices(act)) {
      for (const c of choices(cid)) {
        if (s !== undefined || a !== undefined || c !== undefined) {
          yield keyOf({
            ...(s === undefined ? {} : { sub: s }),
            ...(a === undefined ? {} : { act: a }),
            ...(c === undefined ? {} : { cid: c }),
          });
        }
      }
    }
  }
}

function choices(value: string | undefined): readonly (string | undefined)[] {
  return value === undefined ? [undefined] : [undefined, value];
}
