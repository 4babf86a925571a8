import type { SettingsReader } from './config/settings-reader.ts';
import { withSealedSecrets } from './crypto/client-secrets.ts';
import { encryptionKeyOf } from './crypto/key-settings.ts';
import { createKeyedIdentifiers } from './crypto/keyed-identifier.ts';
import { type KeySettings, keyProperties } from './crypto/properties.ts';
import { createRandom } from './crypto/random.ts';
import { opContextFor, openServerKeys } from './crypto/server-keys.ts';
import { createSigner } from './crypto/signer.ts';
import { httpProperties } from './http/properties.ts';
import { createHttpServer, type HttpServer, type Mount } from './http/server.ts';
import { monitorProperties } from './integration/monitor/properties.ts';
import { createEntryCounts } from './observability/entry-count.ts';
import { createHttpFetch } from './plugins/fetch/safe-fetch.ts';
import type { ClaimsSource } from './ports/claims-source.ts';
import type { Clock } from './ports/clock.ts';
import type { Events } from './ports/events.ts';
import type { HttpFetch } from './ports/http-fetch.ts';
import type { Metrics, MetricsReader } from './ports/metrics.ts';
import type { Random } from './ports/random.ts';
import type { Storage, TenantStores } from './ports/stores/stores.ts';
import { claimsSources } from './protocol/claims/claims-sources.ts';
import { createClaimsService } from './protocol/claims/create-claims-service.ts';
import { claimsProperties } from './protocol/claims/properties.ts';
import { scopeClaims } from './protocol/claims/scope-claims.ts';
import { createClientDirectory } from './protocol/clients/client-directory.ts';
import type { Provider } from './protocol/context.ts';
import { gaugesOf, refuseCollisions, registryOf } from './protocol/features/derive.ts';
import type { Assembly, Feature, Running, Services } from './protocol/features/feature.ts';
import type { Registry } from './protocol/features/kinds.ts';
import { servedRoutes } from './protocol/features/serve-routes.ts';
import { longestTokenLifetime } from './protocol/issuing/longest-token-lifetime.ts';
import { signingAlgs } from './protocol/issuing/signing-algs.ts';
import { registrationProperties } from './protocol/registration/properties.ts';

/** What the application is made of. */
export interface AppDeps {
  readonly features: readonly Feature[];
  /** The settings of all of the features. */
  readonly settingsOf: SettingsReader;
  /** The issuer URL, without trailing slash. */
  readonly issuer: string;
  readonly storage: Storage;
  readonly clock: Clock;
  /** Who listens is fixed by who makes them. */
  readonly events: Events;
  readonly metrics: Metrics & MetricsReader;
}

/** The application, ready to listen. */
export interface App {
  readonly provider: Provider;
  readonly server: HttpServer;
  /** Closes the server, and what the features run in reverse order. The storage is left to its owner. */
  close(): Promise<void>;
}

/**
 * Puts the application together, with the mounted pages beside it. Rejects with an `Error` for the operator when something does
 * not fit; then nothing is left running.
 */
export async function createApp(deps: AppDeps & { readonly mounts: readonly Mount[] }): Promise<App> {
  const { features, settingsOf, storage, metrics, mounts, events } = deps;
  const parts = assemble(deps);
  for (const feature of features) events.declare(Object.values(feature.events ?? {}));
  const provider = await openProvider(deps, parts, await openClaimsSources(parts.registry));
  const assembly: Assembly = { features, provider, storage, metrics };
  const routes = servedRoutes(assembly);
  const server = createHttpServer({ provider, routes, mounts, settings: settingsOf(httpProperties) });
  registerGauges(assembly);
  const running = await openAll(assembly);
  return {
    provider,
    server,
    async close() {
      await server.close();
      await closeAll(running);
    },
  };
}

/**
 * Opens the keys and makes the provider, without a listener, without claims and with nothing running. Rejects with an `Error` for
 * the operator.
 */
export function createProvider(deps: AppDeps): Promise<Provider> {
  return openProvider(deps, assemble(deps), []);
}

/** What is made without waiting. */
interface Parts {
  readonly services: Services;
  readonly registry: Registry;
}

function assemble({ features, settingsOf, clock, events, metrics }: AppDeps): Parts {
  refuseCollisions(features);
  const services: Services = {
    settingsOf,
    clock,
    random: createRandom(),
    events,
    metrics,
    fetch: fetchWith(settingsOf),
  };
  return { services, registry: registryOf(features, services) };
}

/** Outgoing requests, which reach for a client what its registration may name. */
function fetchWith(settingsOf: SettingsReader): HttpFetch {
  return createHttpFetch({ allowPrivateAddresses: !settingsOf(registrationProperties).denyPrivateAddresses });
}

async function openProvider(
  { settingsOf, issuer, storage }: AppDeps,
  { services, registry }: Parts,
  sources: readonly ClaimsSource[],
): Promise<Provider> {
  const { clock, random, events, metrics } = services;
  const tid = 'default';
  const keySettings = settingsOf(keyProperties);
  const stores = storesOf(storage, keySettings, { tid, random });
  const keys = await openServerKeys({
    settings: keySettings,
    longestTokenLifetime: longestTokenLifetime(settingsOf),
    store: stores.keys,
    contexts: [opContextFor(signingAlgs(settingsOf))],
    tid,
    clock,
    random,
    events,
  });
  return {
    tid,
    issuer,
    settingsOf,
    registry,
    stores,
    keys,
    signer: createSigner(),
    identifiers: createKeyedIdentifiers({ keys: () => keys.current().secrets('hmac'), issuer, random }),
    clients: createClientDirectory({
      store: stores.clients,
      clock,
      cacheLifetime: settingsOf(registrationProperties).clientCacheLifetime,
      cacheSize: settingsOf(registrationProperties).clientCacheSize,
    }),
    claims: createClaimsService({ sources, scopeMap: scopeClaims(settingsOf(claimsProperties).map), metrics, events }),
    clock,
    random,
    events,
    metrics,
  };
}

/**
 * The stores, with the secrets of clients encrypted where they lie outside of this process. Without `keyStore.encJWK`, which a static key
 * set does without, there is nothing to encrypt them with.
 */
function storesOf(
  storage: Storage,
  { encJwk }: KeySettings,
  { tid, random }: { readonly tid: string; readonly random: Random },
): TenantStores {
  const stores = storage.tenant(tid);
  if (encJwk === undefined || !storage.atRest) return stores;
  const clients = withSealedSecrets(stores.clients, { encryptionKey: encryptionKeyOf(encJwk), tid, random });
  return { ...stores, clients };
}

async function openClaimsSources(registry: Registry): Promise<readonly ClaimsSource[]> {
  const sources: ClaimsSource[] = [];
  for (const source of registry.of(claimsSources).values()) if (source.enabled) sources.push(await source.open());
  return sources;
}

/** The storage is asked for a number at most once in `monitor.entryCountCacheTimeout` seconds. */
function registerGauges({ features, provider, metrics }: Assembly): void {
  const { entryCountCacheTimeout } = provider.settingsOf(monitorProperties);
  const counted = createEntryCounts(entryCountCacheTimeout, provider.clock);
  for (const [name, count] of gaugesOf(features, provider)) metrics.gauge(name, counted(count));
}

async function openAll(assembly: Assembly): Promise<readonly Running[]> {
  const running: Running[] = [];
  try {
    for (const { open } of assembly.features) if (open) running.push(await open(assembly));
    return running;
  } catch (error) {
    await closeAll(running);
    throw error;
  }
}

/** Closes all in reverse order: what was opened first is what the rest stands on. Rejects with the first error at the end. */
async function closeAll(running: readonly Running[]): Promise<void> {
  const errors: unknown[] = [];
  for (const each of running.toReversed()) {
    try {
      await each.close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
