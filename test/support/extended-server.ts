import { createApp } from '../../src/app.ts';
import { withSettings } from '../../src/config/settings-reader.ts';
import { builtInFeatures } from '../../src/features.ts';
import { httpProperties } from '../../src/http/properties.ts';
import { createEvents } from '../../src/observability/events.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { type Log, silentLog } from '../../src/ports/log.ts';
import { type ClientAuthMethod, clientAuthMethods } from '../../src/protocol/client-auth/client-auth-method.ts';
import type { Provider } from '../../src/protocol/context.ts';
import type { Feature } from '../../src/protocol/features/feature.ts';
import { add } from '../../src/protocol/features/kinds.ts';
import { type GrantType, grantTypes } from '../../src/protocol/grants/grant-type.ts';
import { tokenProperties } from '../../src/protocol/grants/properties.ts';
import { type SenderConstraint, senderConstraints } from '../../src/protocol/sender-constraint/sender-constraint.ts';
import { type Caller, createCaller } from '../../src/testing/caller/caller.ts';
import { freePort } from '../../src/testing/free-port.ts';
import type { TestServer } from '../../src/testing/test-server.ts';

/** What is registered beside what the server brings along. */
export interface Extension {
  readonly grantTypes?: readonly GrantType[];
  readonly clientAuthMethods?: readonly ClientAuthMethod[];
  readonly senderConstraints?: readonly SenderConstraint[];
}

/** A second door to a server under test: the same issuer, storage and keys, with more to offer. */
export interface ExtendedServer {
  readonly provider: Provider;
  readonly caller: Caller;
  close(): Promise<void>;
}

/** Opens such a door. Client authentication methods are accepted there, unless `accept` says otherwise. */
export async function extendServer(
  server: TestServer,
  extension: Extension,
  { accept = true, log = silentLog }: { readonly accept?: boolean; readonly log?: Log } = {},
): Promise<ExtendedServer> {
  const port = await freePort();
  const { settingsOf, issuer, clock } = server.provider;
  const { clientAuthMethods: methods = [], grantTypes: grants = [], senderConstraints: constraints = [] } = extension;
  const feature: Feature = {
    name: 'extension',
    title: 'Extension of the test',
    registers: () => [
      add(grantTypes, ...grants),
      add(clientAuthMethods, ...methods),
      add(senderConstraints, ...constraints),
    ],
  };
  const accepted = accept ? methods.map(({ name }) => name) : [];
  const { authMethods } = settingsOf(tokenProperties);
  const accepting = withSettings(settingsOf, tokenProperties, { authMethods: [...authMethods, ...accepted] });
  const metrics = createMetrics();
  const app = await createApp({
    features: [...builtInFeatures, feature],
    settingsOf: withSettings(accepting, httpProperties, { port }),
    issuer,
    storage: server.storage,
    mounts: [],
    clock,
    events: createEvents({ log, metrics }),
    metrics,
  });
  await app.server.listen();
  return { provider: app.provider, caller: createCaller(`http://localhost:${port}`), close: () => app.close() };
}
