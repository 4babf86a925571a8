import type { AuthorizationKey, LongLivedAuthorization } from '../../domain/authorization.ts';
import type { AuthorizationStore } from '../../ports/stores/stores.ts';
import { pageOf } from './expiring-map.ts';

/** Remembered authorisations in memory. */
export function createAuthorizationStore(): AuthorizationStore {
  const records = new Map<string, LongLivedAuthorization>();
  return {
    async get(key) {
      return records.get(keyOf(key));
    },
    async upsert(key, change) {
      const next = change(records.get(keyOf(key)));
      records.set(keyOf(key), next);
      return next;
    },
    async replaceIfSeed(key, expectedSeed, next) {
      if (records.get(keyOf(key))?.rts !== expectedSeed) return false;
      records.set(keyOf(key), next);
      return true;
    },
    async remove({ sub, act, cid }) {
      if (sub === undefined && act === undefined && cid === undefined) throw new Error('a removal needs a filter');
      const removed: LongLivedAuthorization[] = [];
      for (const [key, record] of records) {
        if (sub !== undefined && record.sub !== sub) continue;
        if (act !== undefined && (record.act ?? '') !== act) continue;
        if (cid !== undefined && record.cid !== cid) continue;
        records.delete(key);
        removed.push(record);
      }
      return removed;
    },
    async listBySubject(sub) {
      return [...records.values()].filter((record) => record.sub === sub);
    },
    async listByClient(cid, page) {
      const bySubject = [...records.values()].filter((record) => record.cid === cid);
      return pageOf(
        bySubject.map((record): [string, LongLivedAuthorization] => [record.sub, record]),
        page,
      ).map(([, record]) => record);
    },
    async count() {
      return records.size;
    },
  };
}

function keyOf({ sub, act, cid }: AuthorizationKey): string {
  return JSON.stringify([sub, act, cid]);
}
