import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';
import type { Storage, TenantStores } from '../../ports/stores/stores.ts';
import { type FollowSessions, nothingFollows } from '../../ports/stores/subject-sessions.ts';
import { createAuthorizations } from './authorizations.ts';
import { createClients, createKeys } from './clients.ts';
import { createExpended } from './expended.ts';
import { createGrants } from './grants.ts';
import { createRecords } from './records.ts';
import { createRevocations } from './revocations.ts';
import { createAccessTokens, createCodes } from './short-lived.ts';
import { createSubjectSessions } from './subject-sessions.ts';

/** How to open memory storage. */
export interface MemoryStorageOptions {
  readonly clock: Clock;
  /**
   * Entries that a tenant keeps at most, each, of authorisation codes, access tokens and each kind of records: 200 000 when
   * absent. Beyond that the oldest half goes, live or not.
   */
  readonly capacity?: number;
}

/** Entries that a purge looks at before others get their turn. */
const SWEEP_PAGE = 5000;

/** Storage in the memory of this process, for tests, benchmarks and first steps: it ends with the process. */
export function openMemoryStorage({ clock, capacity = 200_000 }: MemoryStorageOptions): Storage {
  const tenants = new Map<string, MemoryTenant>();
  let owner: string | undefined;
  return {
    description: 'memory of this process, nothing survives its end',
    atRest: false,
    tenant(tid) {
      let tenant = tenants.get(tid);
      if (!tenant) {
        tenant = createTenant(clock, capacity);
        tenants.set(tid, tenant);
      }
      return tenant.stores;
    },
    async purge(follow) {
      let gone = 0;
      for (const [tid, { sweeps }] of tenants) {
        const followTenant: FollowSessions = follow ? (ended) => follow(tid, ended) : nothingFollows;
        for (const sweep of sweeps()) gone += await sweepAll(sweep, clock, followTenant);
      }
      return gone;
    },
    async claim(issuer, { move } = { move: false }) {
      owner = move ? issuer : (owner ?? issuer);
      return owner;
    },
    async check() {},
    async close() {},
  };
}

/** Removes what has expired among the next `limit` entries, and says what follows of sessions. */
type Sweep = (
  now: number,
  limit: number,
  follow: FollowSessions,
) => { readonly removed: number; readonly done: boolean };

interface MemoryTenant {
  readonly stores: TenantStores;
  sweeps(): readonly Sweep[];
}

function createTenant(clock: Clock, capacity: number): MemoryTenant {
  const revocations = createRevocations(clock);
  const codes = createCodes(clock, capacity, revocations);
  const accessTokens = createAccessTokens(clock, capacity, revocations);
  const authorizations = createAuthorizations((key) => grants.removeUnder(key), revocations.markNow);
  const expended = createExpended(clock);
  const records = createRecords(clock, capacity);
  const subjectSessions = createSubjectSessions(clock, records.follow);
  const grants = createGrants(clock, revocations, authorizations.getNow, subjectSessions.getNow);
  return {
    stores: {
      clients: createClients(),
      authorizations,
      grants,
      codes,
      accessTokens,
      expended,
      revocations,
      subjectSessions,
      keys: createKeys(),
      records: (kind) => records.ofKind(kind.name),
    },
    sweeps: () => [
      codes.sweep,
      accessTokens.sweep,
      grants.sweep,
      expended.sweep,
      // Before the records, which it writes.
      subjectSessions.sweep,
      ...records.sweeps(),
      ...revocations.sweeps,
    ],
  };
}

/** Two rounds: one may begin in the middle, where an earlier sweep had stopped. */
async function sweepAll(sweep: Sweep, clock: Clock, follow: FollowSessions): Promise<number> {
  let gone = 0;
  for (let round = 0; round < 2; round++) {
    for (let done = false; !done; ) {
      const page = sweep(clock.now(), SWEEP_PAGE, follow);
      gone += page.removed;
      done = page.done;
      if (!done) await setImmediate();
    }
  }
  return gone;
}
