import { protocolRoutes } from '../../src/app.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { type Log, silentLog } from '../../src/ports/log.ts';
import type { Provider } from '../../src/protocol/context.ts';
import type { Registry } from '../../src/protocol/registry.ts';
import { type Caller, createCaller } from '../../src/testing/caller/caller.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { type TestServer, testSettings } from '../../src/testing/test-server.ts';

/** What is registered beside what the server brings along. */
export type Additions = { readonly [Kind in keyof Registry]?: readonly Item<Registry[Kind]>[] };
type Item<M> = M extends ReadonlyMap<string, infer T> ? T : never;

/** A second door to a server under test: the same issuer, stores, keys and metrics, with more to offer. */
export interface ExtendedServer {
  readonly provider: Provider;
  readonly caller: Caller;
  close(): Promise<void>;
}

/** Opens such a door. Client authentication methods are accepted there, unless `accept` says otherwise. */
export async function extendServer(
  server: TestServer,
  additions: Additions,
  { accept = true, log = silentLog }: { readonly accept?: boolean; readonly log?: Log } = {},
): Promise<ExtendedServer> {
  const port = await freePort();
  const { registry, settings } = server.provider;
  const accepted = accept ? (additions.clientAuthMethods ?? []).map(({ name }) => name) : [];
  const provider: Provider = {
    ...server.provider,
    settings: { ...settings, token: { ...settings.token, authMethods: [...settings.token.authMethods, ...accepted] } },
    registry: {
      ...registry,
      grantTypes: added(registry.grantTypes, additions.grantTypes),
      clientAuthMethods: added(registry.clientAuthMethods, additions.clientAuthMethods),
      senderConstraints: added(registry.senderConstraints, additions.senderConstraints),
    },
  };
  const { http } = await testSettings({ 'op.issuer': server.issuer, 'http.port': String(port) });
  const extended = createHttpServer({ provider, routes: protocolRoutes(provider), mounts: [], settings: http, log });
  await extended.listen();
  return { provider, caller: createCaller(`http://localhost:${port}`), close: () => extended.close() };
}

function added<T extends { readonly name: string }>(
  map: ReadonlyMap<string, T>,
  items: readonly T[] = [],
): ReadonlyMap<string, T> {
  return new Map([...map, ...items.map((item) => [item.name, item] as const)]);
}
