import type { Clock } from '../../ports/clock.ts';
import type { Storage, TenantStores } from '../../ports/stores/stores.ts';
import { createAuthorizationStore } from './authorizations.ts';
import { createClientStore, createKeyStore } from './clients-and-keys.ts';
import { createRevocationJournal } from './revocation-journal.ts';
import { createSessionStores } from './sessions.ts';
import { createTokenStores } from './tokens.ts';

/** Expired entries that one purge removes from one map at most, so that the loop is not held up. */
const purgeLimit = 10_000;

interface MemoryTenant {
  readonly stores: TenantStores;
  readonly purge: () => number;
}

/**
 * Storage in the memory of the process: for tests and benchmarks. Nothing survives the process, and nothing is shared with
 * another. Records are handed out as they were put in; callers never change them.
 */
export function openMemoryStorage({ clock }: { readonly clock: Clock }): Storage {
  const tenants = new Map<string, MemoryTenant>();
  return {
    description: 'memory of the process (nothing is kept)',
    tenant(tid) {
      let tenant = tenants.get(tid);
      if (!tenant) {
        tenant = openTenant(clock);
        tenants.set(tid, tenant);
      }
      return tenant.stores;
    },
    async purge() {
      let removed = 0;
      for (const { purge } of tenants.values()) removed += purge();
      return removed;
    },
    async check() {},
    async close() {},
  };
}

function openTenant(clock: Clock): MemoryTenant {
  const journal = createRevocationJournal(clock);
  const tokens = createTokenStores(clock, journal.latestOf);
  const sessions = createSessionStores(clock);
  return {
    stores: {
      clients: createClientStore(),
      authorizations: createAuthorizationStore(),
      codes: tokens.codes,
      accessTokens: tokens.accessTokens,
      expended: tokens.expended,
      journal: journal.journal,
      authzSessions: sessions.authzSessions,
      subjectSessions: sessions.subjectSessions,
      keys: createKeyStore(),
    },
    purge: () => journal.purge(purgeLimit) + tokens.purge(purgeLimit) + sessions.purge(purgeLimit),
  };
}
