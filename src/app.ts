import type { SettingsOf } from './config/property.ts';
import { createKeyedIdentifiers } from './crypto/keyed-identifier.ts';
import { keyProperties } from './crypto/properties.ts';
import { createRandom } from './crypto/random.ts';
import { openServerKeys } from './crypto/server-keys.ts';
import { createSigner } from './crypto/signer.ts';
import { httpProperties } from './http/properties.ts';
import { createHttpServer, type HttpServer, type Mount } from './http/server.ts';
import { createAuthzSessionRoutes } from './integration/authz-sessions/routes.ts';
import { monitorProperties } from './integration/monitor/properties.ts';
import { createSessionStoreRoutes } from './integration/session-store/routes.ts';
import { logProperties } from './observability/properties.ts';
import { builtInRegistry } from './plugins/built-ins.ts';
import { httpClaimsSourceProperties } from './plugins/claims/http-properties.ts';
import { usersFileClaimsSourceProperties } from './plugins/claims/users-file-properties.ts';
import type { ClaimsSource } from './ports/claims-source.ts';
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { Metrics } from './ports/metrics.ts';
import type { Storage } from './ports/stores/stores.ts';
import { authorizeProperties } from './protocol/authorize/properties.ts';
import { createClaimsService } from './protocol/claims/create-claims-service.ts';
import { claimsProperties } from './protocol/claims/properties.ts';
import { scopeClaims } from './protocol/claims/scope-claims.ts';
import { createClientDirectory } from './protocol/clients/client-directory.ts';
import type { Provider, Route } from './protocol/context.ts';
import { createDiscoveryRoutes } from './protocol/discovery/discovery-endpoint.ts';
import { createIntrospectionRoutes } from './protocol/introspection/introspection-endpoint.ts';
import { createJwksRoutes } from './protocol/jwks/jwks-endpoint.ts';
import { generalProperties } from './protocol/properties.ts';
import { createRegistrationRoutes } from './protocol/registration/client-routes.ts';
import { registrationProperties } from './protocol/registration/properties.ts';
import { createRevocationRoutes } from './protocol/revocation/revocation-endpoint.ts';
import { sessionProperties } from './protocol/subject-sessions/properties.ts';
import { tokenProperties } from './protocol/token/properties.ts';
import { createTokenRoutes } from './protocol/token/token-endpoint.ts';
import { tokensProperties } from './protocol/tokens/properties.ts';
import { verifyAccessToken } from './protocol/tokens/verify-access-token.ts';
import { createUserInfoRoutes } from './protocol/userinfo/userinfo-endpoint.ts';
import { storageProperties } from './storage/properties.ts';

/** Every property of the server, by feature. */
export const propertyGroups = {
  general: generalProperties,
  http: httpProperties,
  keys: keyProperties,
  registration: registrationProperties,
  authorize: authorizeProperties,
  token: tokenProperties,
  tokens: tokensProperties,
  sessions: sessionProperties,
  claims: claimsProperties,
  usersFile: usersFileClaimsSourceProperties,
  httpClaims: httpClaimsSourceProperties,
  storage: storageProperties,
  log: logProperties,
  monitor: monitorProperties,
} as const;

/** The typed settings of the server. */
export type Settings = { readonly [G in keyof typeof propertyGroups]: SettingsOf<(typeof propertyGroups)[G]> };

/** What the application is made of. */
export interface AppDeps {
  readonly settings: Settings;
  /** The issuer URL, without trailing slash. */
  readonly issuer: string;
  readonly storage: Storage;
  readonly claimsSources: readonly ClaimsSource[];
  readonly mounts: readonly Mount[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The application, ready to listen. */
export interface App {
  readonly provider: Provider;
  readonly server: HttpServer;
}

/** Puts the application together. Rejects with an `Error` for the operator when something does not fit. */
export async function createApp(deps: AppDeps): Promise<App> {
  const provider = await createProvider(deps);
  const server = createHttpServer({
    provider,
    routes: routesOf(provider),
    mounts: deps.mounts,
    settings: deps.settings.http,
    log: deps.log,
  });
  return { provider, server };
}

/** Opens the keys and makes the provider, without a listener. Rejects with an `Error` for the operator. */
export async function createProvider(deps: AppDeps): Promise<Provider> {
  const { settings, issuer, clock, log, metrics } = deps;
  const tid = 'default';
  const stores = deps.storage.tenant(tid);
  const random = createRandom();
  const keys = await openServerKeys({ settings: settings.keys, store: stores.keys, clock, random, log });
  return {
    tid,
    issuer,
    settings,
    registry: builtInRegistry(),
    stores,
    keys,
    signer: createSigner(settings.keys.rsaSigning),
    identifiers: createKeyedIdentifiers({ hmacKey: keys.current().secret('hmac'), issuer, random }),
    clients: createClientDirectory({
      store: stores.clients,
      clock,
      cacheLifetime: settings.registration.clientCacheLifetime,
    }),
    claims: createClaimsService({
      sources: deps.claimsSources,
      scopeMap: scopeClaims(settings.claims.map),
      metrics,
      log,
    }),
    clock,
    random,
    metrics,
  };
}

function routesOf(provider: Provider): readonly Route[] {
  return [
    ...createDiscoveryRoutes(provider),
    ...createJwksRoutes(provider),
    ...createRegistrationRoutes({
      settings: provider.settings.registration,
      metrics: provider.metrics,
      verifyAccessToken,
    }),
    ...createTokenRoutes(provider),
    ...createIntrospectionRoutes(provider),
    ...createRevocationRoutes(provider),
    ...createUserInfoRoutes(provider),
    ...createAuthzSessionRoutes(provider),
    ...createSessionStoreRoutes(provider),
  ];
}
