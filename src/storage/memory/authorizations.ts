import type { AuthorizationKey, LongLivedAuthorization } from '../../domain/authorization.ts';
import type { AuthorizationStore } from '../../ports/stores/stores.ts';
import { authorizationCursor, isBehind } from '../authorization-page.ts';

interface Entry {
  readonly key: AuthorizationKey;
  readonly record: LongLivedAuthorization;
}

/**
 * The remembered authorisations of a tenant, kept as they are, since each refresh looks one up. Listings walk all of them:
 * this driver is for tests and first steps.
 */
export function createAuthorizations(): AuthorizationStore {
  const entries = new Map<string, Entry>();

  function put({ sub, act, cid }: AuthorizationKey, record: LongLivedAuthorization): void {
    entries.set(nameOf({ sub, act, cid }), { key: { sub, act, cid }, record: Object.freeze(record) });
  }

  function matching(accept: (key: AuthorizationKey) => boolean): Entry[] {
    return [...entries.values()].filter((entry) => accept(entry.key));
  }

  return {
    get: async (key) => entries.get(nameOf(key))?.record,
    async upsert(key, change) {
      const next = change(entries.get(nameOf(key))?.record);
      put(key, next);
      return next;
    },
    async update(key, change) {
      const current = entries.get(nameOf(key))?.record;
      const next = current && change(current);
      if (next) put(key, next);
      return next;
    },
    async remove({ sub, act, cid }) {
      if (sub === undefined && act === undefined && cid === undefined) {
        throw new TypeError('Removal of authorizations: expected at least one of sub, act, cid, received none');
      }
      const removed = matching(
        (key) =>
          (sub === undefined || key.sub === sub) &&
          (act === undefined || key.act === act) &&
          (cid === undefined || key.cid === cid),
      );
      for (const entry of removed) entries.delete(nameOf(entry.key));
      return removed.map(recordOf);
    },
    async listBySubject(sub) {
      return matching((key) => key.sub === sub)
        .sort((a, b) => compare(a.key.act, b.key.act) || compare(a.key.cid, b.key.cid))
        .map(recordOf);
    },
    async listByClient(cid, page) {
      const cursor = authorizationCursor(page.after);
      return matching((key) => key.cid === cid && isBehind(cursor, key))
        .sort((a, b) => compare(a.key.sub, b.key.sub) || compare(a.key.act, b.key.act))
        .slice(0, page.limit)
        .map(recordOf);
    },
    count: async () => entries.size,
  };
}

function nameOf({ sub, act, cid }: AuthorizationKey): string {
  return `${sub.length}:${act.length}:${sub}${act}${cid}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function recordOf(entry: Entry): LongLivedAuthorization {
  return entry.record;
}
