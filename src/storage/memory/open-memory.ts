import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';
import type { Storage, TenantStores } from '../../ports/stores/stores.ts';
import { createAuthorizations } from './authorizations.ts';
import { createClients, createKeys } from './clients.ts';
import { createExpended } from './expended.ts';
import { createJournal } from './journal.ts';
import { createAccessTokens, createAuthzSessions, createCodes, type Sweep } from './short-lived.ts';
import { createSubjectSessions } from './subject-sessions.ts';

/** How to open memory storage. */
export interface MemoryStorageOptions {
  readonly clock: Clock;
  /**
   * Entries that a tenant keeps at most, each, of authorisation codes, access tokens and authorisation sessions: 200 000
   * when absent. Beyond that the oldest half goes, live or not.
   */
  readonly capacity?: number;
}

/** Entries that a purge looks at before others get their turn. */
const SWEEP_PAGE = 5000;

/** Storage in the memory of this process, for tests, benchmarks and first steps: it ends with the process. */
export function openMemoryStorage({ clock, capacity = 200_000 }: MemoryStorageOptions): Storage {
  const tenants = new Map<string, MemoryTenant>();
  return {
    description: 'memory of this process, nothing survives its end',
    tenant(tid) {
      let tenant = tenants.get(tid);
      if (!tenant) {
        tenant = createTenant(clock, capacity);
        tenants.set(tid, tenant);
      }
      return tenant.stores;
    },
    async purge() {
      let gone = 0;
      for (const { sweeps } of tenants.values()) {
        for (const sweep of sweeps) gone += await sweepAll(sweep, clock);
      }
      return gone;
    },
    async check() {},
    async close() {},
  };
}

interface MemoryTenant {
  readonly stores: TenantStores;
  readonly sweeps: readonly Sweep[];
}

function createTenant(clock: Clock, capacity: number): MemoryTenant {
  const journal = createJournal(clock);
  const codes = createCodes(clock, capacity);
  const accessTokens = createAccessTokens(clock, capacity, journal);
  const authzSessions = createAuthzSessions(clock, capacity);
  const expended = createExpended(clock);
  const subjectSessions = createSubjectSessions(clock);
  return {
    stores: {
      clients: createClients(),
      authorizations: createAuthorizations(),
      codes,
      accessTokens,
      expended,
      journal,
      authzSessions,
      subjectSessions,
      keys: createKeys(),
    },
    sweeps: [
      codes.sweep,
      accessTokens.sweep,
      authzSessions.sweep,
      expended.sweep,
      subjectSessions.sweep,
      journal.sweep,
    ],
  };
}

/** Two rounds: one may begin in the middle, where an earlier sweep had stopped. */
async function sweepAll(sweep: Sweep, clock: Clock): Promise<number> {
  let gone = 0;
  for (let round = 0; round < 2; round++) {
    for (let done = false; !done; ) {
      const page = sweep(clock.now(), SWEEP_PAGE);
      gone += page.removed;
      done = page.done;
      if (!done) await setImmediate();
    }
  }
  return gone;
}
