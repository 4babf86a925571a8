import { createEntryCounts } from '../observability/entry-count.ts';
import type { Clock } from '../ports/clock.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { TenantStores } from '../ports/stores/stores.ts';
import { authorizationSessions } from '../protocol/authorize/authorization-session.ts';

/** Registers the gauges that count stored entries; the storage is asked at most once per `cacheTimeout` seconds. */
export function registerStoreGauges(deps: {
  readonly metrics: Metrics;
  readonly stores: TenantStores;
  readonly cacheTimeout: number;
  readonly clock: Clock;
}): void {
  const { metrics, stores } = deps;
  const counted = createEntryCounts(deps.cacheTimeout, deps.clock);
  const gauges: Readonly<Record<string, () => Promise<number>>> = {
    'authzSessionStore.numSessions': () => stores.records(authorizationSessions).count(),
    'sessionStore.numSessions': () => stores.subjectSessions.count(),
    'clientStore.numRegistrations': () => stores.clients.count(),
    'authzStore.numGenericCodes': () => stores.codes.count(),
    'authzStore.numAuthzCodes': () => stores.codes.count(),
    'authzStore.numIdAccessTokens': () => stores.accessTokens.count(),
    'authzStore.numExpendedTokenEntries': () => stores.expended.count(),
    'authzStore.numLongLivedAuthorizations': () => stores.authorizations.count(),
    'authzStore.numRevocationJournalEntries': () => stores.revocations.count(),
  };
  for (const [name, count] of Object.entries(gauges)) metrics.gauge(name, counted(count));
}
