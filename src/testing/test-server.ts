import { createApp, createProvider } from '../app.ts';
import { loadSettings } from '../config/load-settings.ts';
import { formatProblem } from '../config/problem.ts';
import { presetLayer } from '../config/settings-layer.ts';
import type { SettingsReader } from '../config/settings-reader.ts';
import { readSources } from '../config/sources.ts';
import { generateKeySet } from '../crypto/generate-keys.ts';
import { demoApiTokenHash, demoEncryptionKey } from '../demo.ts';
import type { JwkSet } from '../domain/jwk.ts';
import { builtInFeatures } from '../features.ts';
import type { Mount } from '../http/server.ts';
import { createEvents } from '../observability/events.ts';
import { createMetrics } from '../observability/metrics.ts';
import type { ClaimsSource } from '../ports/claims-source.ts';
import type { Clock } from '../ports/clock.ts';
import type { Subscriber } from '../ports/events.ts';
import { type Log, silentLog } from '../ports/log.ts';
import type { Storage } from '../ports/stores/stores.ts';
import { claimsSources } from '../protocol/claims/claims-sources.ts';
import type { Provider } from '../protocol/context.ts';
import { checkSettings } from '../protocol/features/check-settings.ts';
import { propertyGroupsOf } from '../protocol/features/derive.ts';
import type { Feature } from '../protocol/features/feature.ts';
import { add } from '../protocol/features/kinds.ts';
import { openMemoryStorage } from '../storage/memory/open-memory.ts';
import { type Caller, createCaller } from './caller/caller.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { freePort } from './free-port.ts';

/** How a server under test differs from the usual one. */
export interface TestServerOptions {
  /** Properties on top of those of an open test set-up. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Path of the issuer, with leading slash; none by default. */
  readonly path?: string;
  /** Features beside the built-in ones. */
  readonly features?: readonly Feature[];
  readonly storage?: Storage;
  readonly clock?: FakeClock;
  readonly claimsSources?: readonly ClaimsSource[];
  readonly mounts?: readonly Mount[];
  readonly log?: Log;
  /** Told of all events, as a third party beside log and metrics. */
  readonly listeners?: readonly Subscriber[];
}

/** A server in this process, with memory storage and a clock that the test sets. */
export interface TestServer extends Caller {
  /** Also the base URL of all endpoints. */
  readonly issuer: string;
  readonly provider: Provider;
  readonly storage: Storage;
  readonly clock: FakeClock;
  close(): Promise<void>;
}

/** Keys are made once for a test process: RSA takes its time. */
let sharedKeys: Promise<JwkSet> | undefined;

/** The keys of every server of this process, with their private parts, for who signs in its name. */
export function testKeySet(): Promise<JwkSet> {
  sharedKeys ??= generateKeySet({ rsa: 2048 });
  return sharedKeys;
}

/** Starts a server whose web APIs are open to the demo token: `const server = await startTestServer({ path: '/op' })`. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { clock, ...deps } = await partsOf(options);
  const { issuer, storage } = deps;
  const { server, provider, close } = await createApp({ ...deps, clock: clock satisfies Clock });
  await server.listen();
  return {
    ...createCaller(issuer),
    issuer,
    provider,
    storage,
    clock,
    close,
  };
}

/** The provider of such a server, where no request is made: `checkMetadata(body, await testProvider(), registrant)`. */
export async function testProvider(options: TestServerOptions = {}): Promise<Provider> {
  return createProvider(await partsOf(options));
}

async function partsOf(options: TestServerOptions) {
  const port = await freePort();
  const issuer = `http://localhost:${port}${options.path ?? ''}`;
  const clock = options.clock ?? createFakeClock();
  const metrics = createMetrics();
  const features = [...builtInFeatures, ...(options.features ?? []), claimsFeature(options.claimsSources ?? [])];
  const properties = {
    'op.issuer': issuer,
    'http.port': String(port),
    'keyStore.staticJWKSet.op': JSON.stringify(await testKeySet()),
    ...options.properties,
  };
  return {
    features,
    settingsOf: await testSettings(properties, features),
    issuer,
    storage: options.storage ?? openMemoryStorage({ clock }),
    mounts: options.mounts ?? [],
    clock,
    events: createEvents({ log: options.log ?? silentLog, metrics, listeners: options.listeners ?? [] }),
    metrics,
  };
}

/** A feature with claims sources that are there already. */
function claimsFeature(sources: readonly ClaimsSource[]): Feature {
  const plugIns = sources.map((source) => ({
    name: source.name,
    enabled: true,
    supportedClaims: source.supportedClaims,
    property: '',
    open: () => source,
  }));
  return { name: 'testClaims', title: 'Claims sources of the test', registers: () => [add(claimsSources, ...plugIns)] };
}

/**
 * Settings from properties, as the server itself would load them, but that the demo tokens and the demo key are good for any issuer.
 * Rejects on a fatal problem.
 */
export async function testSettings(
  properties: Readonly<Record<string, string>>,
  features: readonly Feature[] = builtInFeatures,
): Promise<SettingsReader> {
  const presets = presetLayer(
    {
      'op.authz.endpoint': 'login',
      'op.authz.apiAccessTokenSHA256': demoApiTokenHash,
      'op.reg.apiAccessTokenSHA256': demoApiTokenHash,
      'sessionStore.apiAccessTokenSHA256': demoApiTokenHash,
      'monitor.apiAccessTokenSHA256': demoApiTokenHash,
      'op.configCheck.apiAccessTokenSHA256': demoApiTokenHash,
      'keyStore.encJWK': JSON.stringify({ kty: 'oct', k: demoEncryptionKey }),
      'storage.profile': 'memory',
      'op.grantHandler.clientCredentials.simpleHandler.enable': 'true',
      ...properties,
    },
    'test',
  );
  const { settingsOf, problems } = loadSettings(propertyGroupsOf(features), await readSources({ presets }));
  const fatal = [...problems, ...checkSettings(features, settingsOf)].filter(
    ({ severity, message }) => severity === 'fatal' && !message.startsWith('is the public demo '),
  );
  if (fatal.length > 0) throw new Error(fatal.map(formatProblem).join('\n'));
  return settingsOf;
}
