import { latestMark, type NotBefore, type RevocationScope } from '../../domain/revocation.ts';
import type { Clock } from '../../ports/clock.ts';
import { goodStanding, type RevocationStore, type Standing } from '../../ports/stores/revocations.ts';
import { revocationMembers } from '../revocation-members.ts';
import { nameOf } from './authorization-name.ts';
import { countLive, createExpiringMap, type Expiring, type ExpiringMap } from './expiring-map.ts';

/** The latest mark against a target, whose expiry is its retention. */
interface Mark extends Expiring, NotBefore {}

/** The marks of a tenant and what has ended, with the same look-ups without a promise for the other stores. */
export interface MemoryRevocations extends RevocationStore {
  standingNow(scope: RevocationScope, firstId: string, secondId?: string): Standing;
  endedNow(id: string): boolean;
  markNow(scope: RevocationScope): NotBefore | undefined;
  /** Ends a grant or a single token. */
  end(id: string, retainUntil: number): void;
  readonly sweeps: readonly ExpiringMap<Expiring>['sweep'][];
}

/** As long as nothing was revoked, a look-up costs a comparison for the marks and one for the IDs. */
export function createRevocations(clock: Clock): MemoryRevocations {
  const marks = createExpiringMap<Mark>(Number.POSITIVE_INFINITY);
  const ended = createExpiringMap<Expiring>(Number.POSITIVE_INFINITY);

  const endedNow = (id: string) => ended.size > 0 && ended.get(id, clock.now()) !== undefined;

  function markNow(scope: RevocationScope): NotBefore | undefined {
    if (marks.size === 0) return undefined;
    const now = clock.now();
    const found: NotBefore[] = [];
    for (const target of targetsOf(scope)) {
      const mark = marks.get(target, now);
      if (mark) found.push({ at: mark.at, count: mark.count });
    }
    return latestMark(found);
  }

  function standingNow(scope: RevocationScope, firstId: string, secondId?: string): Standing {
    const notBefore = markNow(scope);
    const isEnded = endedNow(firstId) || (secondId !== undefined && endedNow(secondId));
    return notBefore === undefined && !isEnded ? goodStanding : { ended: isEnded, notBefore };
  }

  return {
    standingNow,
    markNow,
    endedNow,
    sweeps: [marks.sweep, ended.sweep],
    end(id, retainUntil) {
      const before = ended.get(id, clock.now())?.expiresAt ?? 0;
      ended.set(id, { expiresAt: Math.max(before, retainUntil) });
    },
    async revoke(target, at, retainUntil) {
      const key = nameOf(revocationMembers(target));
      const current = marks.get(key, clock.now());
      const latest = latestMark(current ? [current, { at, count: 1 }] : [{ at, count: 1 }]);
      const expiresAt = Math.max(retainUntil, current?.expiresAt ?? 0);
      marks.set(key, { at: latest?.at ?? at, count: latest?.count ?? 1, expiresAt });
    },
    async standing(scope, ids) {
      const notBefore = markNow(scope);
      const isEnded = ids.some(endedNow);
      return notBefore === undefined && !isEnded ? goodStanding : { ended: isEnded, notBefore };
    },
    count: async () => countLive(marks, clock.now()),
  };
}

/** The targets of marks that speak against something of this scope. */
function targetsOf({ subject, actor, clientId }: RevocationScope): string[] {
  const targets: string[] = [];
  for (const act of actor === '' ? [''] : ['', actor]) {
    targets.push(
      nameOf({ subject: '', actor: act, clientId: '' }),
      nameOf({ subject, actor: act, clientId: '' }),
      nameOf({ subject: '', actor: act, clientId }),
      nameOf({ subject, actor: act, clientId }),
    );
  }
  return targets;
}
