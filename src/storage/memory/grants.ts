import type { AuthorizationKey, RememberedAuthorization } from '../../domain/authorization.ts';
import { authorizationKey } from '../../domain/authorization.ts';
import { type Grant, type RefreshState, refreshEnd } from '../../domain/grant.ts';
import type { SubjectSession } from '../../domain/subject-session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GrantStore, RefreshOutcome, RefreshUse } from '../../ports/stores/grants.ts';
import { nameOf } from './authorization-name.ts';
import { createExpiringMap, type Expiring, type ExpiringMap } from './expiring-map.ts';
import type { MemoryRevocations } from './revocations.ts';

/** A stored grant, or with no grant the counter of a self-contained refresh token. */
interface Entry extends Expiring {
  readonly grantId: string;
  readonly grant: Grant | undefined;
  /** Where the grant is indexed; empty for a counter. */
  readonly under: string;
  readonly state: RefreshState;
}

/** The grants of a tenant, and what the store of remembered authorizations needs of them. */
export interface MemoryGrants extends GrantStore {
  /** Removes all grants under a remembered authorization. */
  removeUnder(key: AuthorizationKey): void;
  readonly sweep: ExpiringMap<Expiring>['sweep'];
}

const never = Number.POSITIVE_INFINITY;

/** Grants are kept as they are, since each refresh looks one up, with the IDs under each remembered authorization. */
export function createGrants(
  clock: Clock,
  revocations: MemoryRevocations,
  rememberedNow: (key: AuthorizationKey) => RememberedAuthorization | undefined,
  sessionNow: (key: string) => SubjectSession | undefined,
): MemoryGrants {
  const entries = createExpiringMap<Entry>(never, leaveIndex);
  /** IDs in order of use: the one unused for longest is the first. */
  const index = new Map<string, Set<string>>();

  function leaveIndex({ under, grantId }: Entry): void {
    const ids = index.get(under);
    ids?.delete(grantId);
    if (ids?.size === 0) index.delete(under);
  }

  function remove(id: string): void {
    const entry = entries.get(id, clock.now());
    if (!entry) return;
    entries.delete(id);
    leaveIndex(entry);
  }

  /** Makes the ID the one used last. */
  function enterIndex(under: string, id: string): Set<string> {
    const ids = index.get(under);
    if (!ids) {
      const only = new Set([id]);
      index.set(under, only);
      return only;
    }
    ids.delete(id);
    return ids.add(id);
  }

  function useNow(use: RefreshUse): RefreshOutcome {
    const now = clock.now();
    const entry = entries.get(use.grantId, now);
    if (revocations.endedNow(use.grantId) || (!entry && !use.selfContained)) return { outcome: 'ended' };
    if (entry && entry.state.rotations > use.rotations) return { outcome: 'superseded', state: entry.state };
    const state: RefreshState = use.rotate
      ? { rotations: use.rotations + 1, issuedAt: now, usedAt: now }
      : { rotations: use.rotations, issuedAt: entry?.grant ? entry.state.issuedAt : use.issuedAt, usedAt: now };
    const expiresAt = use.expiresAt ?? never;
    const under = entry?.under ?? '';
    entries.set(use.grantId, { grantId: use.grantId, grant: entry?.grant, under, state, expiresAt });
    if (under !== '') enterIndex(under, use.grantId);
    return { outcome: 'used', state };
  }

  return {
    sweep: entries.sweep,
    async add(grant, limit) {
      const { authorization, refreshExpiresAt } = grant;
      const { grantId } = authorization;
      const now = clock.now();
      if (revocations.endedNow(grantId) || entries.get(grantId, now)) return;
      const under = nameOf(authorizationKey(authorization));
      const state: RefreshState = { rotations: 0, issuedAt: now, usedAt: now };
      const expiresAt = refreshEnd(refreshExpiresAt, authorization.refreshTokenMaxIdle, now) ?? never;
      entries.set(grantId, { grantId, grant, under, state, expiresAt });
      const ids = enterIndex(under, grantId);
      if (ids.size <= limit) return;
      // Those that have expired go when they are looked at.
      for (const id of ids) entries.get(id, now);
      for (const id of ids) {
        if (ids.size <= limit) return;
        remove(id);
      }
    },
    async find(grantId, key) {
      const standing = revocations.standingNow(key, grantId);
      const entry = standing.ended ? undefined : entries.get(grantId, clock.now());
      const sessionKey = entry?.grant?.authorization.sessionKey;
      const session = sessionKey === undefined ? undefined : sessionNow(sessionKey);
      return { grant: entry?.grant, state: entry?.state, session, remembered: rememberedNow(key), standing };
    },
    use: async (use) => useNow(use),
    async end(id, retainUntil) {
      revocations.end(id, retainUntil);
      remove(id);
    },
    async count() {
      let count = 0;
      for (const entry of entries.values(clock.now())) if (entry.grant) count++;
      return count;
    },
    removeUnder(key) {
      for (const id of [...(index.get(nameOf(key)) ?? [])]) remove(id);
    },
  };
}
