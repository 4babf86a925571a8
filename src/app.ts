import { loadSettings } from './config/load-settings.ts';
import { textLayer } from './config/settings-layer.ts';
import { crossCheck } from './cross-checks.ts';
import { createKeyedIdentifiers } from './crypto/keyed-identifier.ts';
import { createRandom } from './crypto/random.ts';
import { openServerKeys } from './crypto/server-keys.ts';
import { createSigner } from './crypto/signer.ts';
import { createHttpServer, type HttpServer, type Mount } from './http/server.ts';
import { createAuthzSessionRoutes } from './integration/authz-sessions/routes.ts';
import { createConfigCheck } from './integration/config-check/config-check.ts';
import type { HealthCheck } from './integration/monitor/health.ts';
import { createMonitorRoutes } from './integration/monitor/routes.ts';
import { createSessionStoreRoutes } from './integration/session-store/routes.ts';
import { builtInRegistry } from './plugins/built-ins.ts';
import type { ClaimsSource } from './ports/claims-source.ts';
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { Metrics, MetricsReader } from './ports/metrics.ts';
import type { Storage } from './ports/stores/stores.ts';
import { createClaimsService } from './protocol/claims/create-claims-service.ts';
import { scopeClaims } from './protocol/claims/scope-claims.ts';
import { createClientDirectory } from './protocol/clients/client-directory.ts';
import type { Provider, Route } from './protocol/context.ts';
import { createDiscoveryRoutes } from './protocol/discovery/discovery-endpoint.ts';
import { createIntrospectionRoutes } from './protocol/introspection/introspection-endpoint.ts';
import { createJwksRoutes } from './protocol/jwks/jwks-endpoint.ts';
import { createRegistrationRoutes } from './protocol/registration/client-routes.ts';
import { createRevocationRoutes } from './protocol/revocation/revocation-endpoint.ts';
import { type SplashEndpoint, splashPageReply } from './protocol/splash/splash-page.ts';
import { createTokenRoutes } from './protocol/token/token-endpoint.ts';
import { longestTokenLifetime } from './protocol/tokens/longest-token-lifetime.ts';
import { verifyAccessToken } from './protocol/tokens/verify-access-token.ts';
import { createUserInfoRoutes } from './protocol/userinfo/userinfo-endpoint.ts';
import { propertyGroups, type Settings } from './settings.ts';
import { version } from './version.ts';

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
  readonly metrics: Metrics & MetricsReader;
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
    routes: [...protocolRoutes(provider), ...operatorRoutes(provider, deps)],
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
  const keys = await openServerKeys({ ...keyDeps(settings), store: stores.keys, tid, clock, random, log });
  return {
    tid,
    issuer,
    settings,
    registry: builtInRegistry(),
    stores,
    keys,
    signer: createSigner(),
    identifiers: createKeyedIdentifiers({ keys: () => keys.current().secrets('hmac'), issuer, random }),
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

/** What the settings say of keys. */
export function keyDeps(settings: Pick<Settings, 'keys' | 'token' | 'tokens'>) {
  return { settings: settings.keys, longestTokenLifetime: longestTokenLifetime(settings) };
}

/** The standard endpoints and the web API of the login page. */
export function protocolRoutes(provider: Provider): readonly Route[] {
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

/** The web APIs of the people who run the server. */
function operatorRoutes(provider: Provider, { settings, storage, clock, log, metrics }: AppDeps): readonly Route[] {
  const splash = splashPageReply({
    splashPage: settings.general.splashPage,
    issuer: provider.issuer,
    version,
    endpoints: splashEndpoints(provider, settings),
  });
  const check = createConfigCheck((text) => {
    const { layer, problems } = textLayer(text, 'configuration');
    const loaded = loadSettings(propertyGroups, { layers: [layer], problems });
    return [...loaded.problems, ...crossCheck(loaded.settings)];
  });
  return [
    ...createMonitorRoutes({
      settings: settings.monitor,
      metrics,
      checks: healthChecks(provider, storage),
      clock,
      log,
      version,
    }),
    ...(settings.general.configCheck
      ? [{ method: 'POST', path: '/config/check', endpoint: (_ctx, request) => check(request) } satisfies Route]
      : []),
    { method: 'GET', path: '', endpoint: () => splash },
  ];
}

function healthChecks(provider: Provider, storage: Storage): readonly HealthCheck[] {
  const { accessTokenJwsAlg: alg } = provider.settings.tokens;
  return [
    { name: 'sqlStore.pool.ConnectivityCheck', check: () => storage.check() },
    {
      name: 'keyStore.op',
      async check() {
        if (!provider.keys.current().signingKey(alg))
          throw new Error(`no key for authzStore.accessToken.jwsAlg=${alg}`);
      },
    },
  ];
}

function splashEndpoints({ issuer }: Provider, settings: Settings): readonly SplashEndpoint[] {
  const at = (name: string, path: string, enabled = true) => ({ name, url: `${issuer}${path}`, enabled });
  return [
    at('OpenID provider metadata', '/.well-known/openid-configuration'),
    at('Server keys', '/jwks.json'),
    at('Client registration', '/clients'),
    at('Token', '/token'),
    at('Token introspection', '/token/introspect'),
    at('Token revocation', '/token/revoke'),
    at('UserInfo', '/userinfo'),
    at('Authorisation sessions', '/authz-sessions/rest/v3', settings.authorize.apiTokens.size > 0),
    at('Subject sessions', '/session-store/rest/v2', settings.sessions.apiTokens.size > 0),
    at('Monitoring', '/monitor/v1', settings.monitor.apiTokens.size > 0),
    at('Configuration check', '/config/check', settings.general.configCheck),
  ];
}
