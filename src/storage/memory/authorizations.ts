import type { AuthorizationKey, RememberedAuthorization } from '../../domain/authorization.ts';
import type { NotBefore, RevocationScope } from '../../domain/revocation.ts';
import type { AuthorizationStore } from '../../ports/stores/authorizations.ts';
import { authorizationCursor, isBehind } from '../authorization-page.ts';
import { removalMembers } from '../revocation-members.ts';
import { nameOf } from './authorization-name.ts';

interface Entry {
  readonly key: AuthorizationKey;
  readonly record: RememberedAuthorization;
}

/** The store, and its look-up without a promise for the store of grants. */
export interface MemoryAuthorizations extends AuthorizationStore {
  getNow(key: AuthorizationKey): RememberedAuthorization | undefined;
}

/**
 * The remembered authorizations of a tenant, kept as they are, since each refresh looks one up. Listings walk all of them:
 * this driver is for tests and first steps.
 *
 * @param onRemoved hears of each removal, so that the grants under the record go with it
 * @param markNow the latest mark against a subject, actor and client
 */
export function createAuthorizations(
  onRemoved: (key: AuthorizationKey) => void,
  markNow: (scope: RevocationScope) => NotBefore | undefined,
): MemoryAuthorizations {
  const entries = new Map<string, Entry>();

  const getNow = (key: AuthorizationKey) => entries.get(nameOf(key))?.record;

  function matching(accept: (key: AuthorizationKey) => boolean): Entry[] {
    return [...entries.values()].filter((entry) => accept(entry.key));
  }

  return {
    getNow,
    find: async (key) => ({ remembered: getNow(key), notBefore: markNow(key) }),
    async change({ subject, actor, clientId }, change) {
      const key = { subject, actor, clientId };
      const name = nameOf(key);
      const current = entries.get(name)?.record;
      const next = change(current);
      if (!next) return current;
      entries.set(name, { key, record: Object.freeze(next) });
      return next;
    },
    async remove(filter) {
      const members = removalMembers(filter);
      const removed = matching((key) => matches(members, key));
      for (const { key } of removed) {
        entries.delete(nameOf(key));
        onRemoved(key);
      }
      return removed.length;
    },
    async listBySubject(subject) {
      return matching((key) => key.subject === subject)
        .sort((a, b) => compare(a.key.actor, b.key.actor) || compare(a.key.clientId, b.key.clientId))
        .map(recordOf);
    },
    async listByClient(clientId, page) {
      const cursor = authorizationCursor(page.after);
      return matching((key) => key.clientId === clientId && isBehind(cursor, key))
        .sort((a, b) => compare(a.key.subject, b.key.subject) || compare(a.key.actor, b.key.actor))
        .slice(0, page.limit)
        .map(recordOf);
    },
    count: async () => entries.size,
  };
}

/** Each member of the filter is not given, or that of the key. */
function matches(filter: RevocationScope, key: AuthorizationKey): boolean {
  return (
    (filter.subject === '' || filter.subject === key.subject) &&
    (filter.actor === '' || filter.actor === key.actor) &&
    (filter.clientId === '' || filter.clientId === key.clientId)
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function recordOf(entry: Entry): RememberedAuthorization {
  return entry.record;
}
