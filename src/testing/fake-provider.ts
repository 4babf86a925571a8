import type { PropertyGroup, SettingsOf } from '../config/property.ts';
import { keyProperties } from '../crypto/properties.ts';
import { createRandom } from '../crypto/random.ts';
import type { AuthorizationKey } from '../domain/authorization.ts';
import type { StoredClient } from '../domain/stored-client.ts';
import { silentLog } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { RevocationTarget, TenantStores } from '../ports/stores/stores.ts';
import { authorizeProperties } from '../protocol/authorize/properties.ts';
import { clientSecretBasic, clientSecretPost, noAuthentication } from '../protocol/client-auth/methods.ts';
import { createClientDirectory } from '../protocol/clients/client-directory.ts';
import type { Provider, ProviderSettings, RequestContext } from '../protocol/context.ts';
import { generalProperties } from '../protocol/properties.ts';
import { registrationProperties } from '../protocol/registration/properties.ts';
import { createRegistry, type GrantType } from '../protocol/registry.ts';
import { sessionProperties } from '../protocol/subject-sessions/properties.ts';
import { authorizationCodeGrant } from '../protocol/token/grants/authorization-code.ts';
import { clientCredentialsGrant } from '../protocol/token/grants/client-credentials.ts';
import { refreshTokenGrant } from '../protocol/token/grants/refresh-token.ts';
import { tokenProperties } from '../protocol/token/properties.ts';
import { tokensProperties } from '../protocol/tokens/properties.ts';

/** For tests: a provider whose client store lives in memory, with what the registration resource touches and no more. */
export interface FakeProvider {
  readonly provider: Provider;
  readonly ctx: RequestContext;
  readonly clients: Map<string, StoredClient>;
  readonly revoked: RevocationTarget[];
  readonly removedAuthorizations: Partial<AuthorizationKey>[];
  /** Marks by meter name. */
  readonly marks: Map<string, number>;
  /** Unix seconds; may be set. */
  readonly time: { now: number };
}

/** For tests: what may differ from the defaults. */
export interface FakeProviderOptions {
  readonly registration?: Partial<ProviderSettings['registration']>;
  readonly token?: Partial<ProviderSettings['token']>;
  readonly tokens?: Partial<ProviderSettings['tokens']>;
  readonly algs?: ReturnType<Provider['keys']['current']>['algs'];
  readonly grantTypes?: readonly GrantType[];
  /** Called by the client store before each insertion and each update, for races. */
  readonly beforeWrite?: (clients: Map<string, StoredClient>) => void;
}

/** For tests: makes one. */
export function createFakeProvider(options: FakeProviderOptions = {}): FakeProvider {
  const time = { now: 1_700_000_000 };
  const clock = { now: () => time.now };
  const fakes = fakeStores(options);
  const marks = new Map<string, number>();
  const provider: Provider = {
    tid: 'default',
    issuer: 'https://op.example.com',
    settings: fakeSettings(options),
    registry: createRegistry({
      grantTypes: [authorizationCodeGrant, refreshTokenGrant, clientCredentialsGrant, ...(options.grantTypes ?? [])],
      clientAuthMethods: [clientSecretBasic, clientSecretPost, noAuthentication],
      responseModes: [],
      responseTypes: [{ name: 'code', defaultMode: 'query', grantType: 'authorization_code' }],
      prompts: [],
    }),
    stores: fakes.stores,
    keys: {
      current: () => ({
        algs: options.algs ?? ['RS256', 'ES256', 'EdDSA'],
        publicJwks: { keys: [] },
        signingKey: () => undefined,
        verificationKey: () => undefined,
        secrets: absent,
      }),
      reload: absent,
    },
    signer: { sign: absent },
    identifiers: { issue: absent, check: absent, identifierOf: absent, keyOf: absent, deriveSecrets: absent },
    clients: createClientDirectory({ store: fakes.stores.clients, clock, cacheLifetime: 2 }),
    claims: { claimsOf: absent, claimsOfScope: absent },
    clock,
    random: createRandom(),
    metrics: countingMetrics(marks),
  };
  const ctx = { provider, requestId: 'test', log: silentLog };
  return { provider, ctx, marks, time, ...fakes };
}

function countingMetrics(marks: Map<string, number>): Metrics {
  return {
    meter: (name) => ({ mark: () => void marks.set(name, (marks.get(name) ?? 0) + 1) }),
    timer: () => ({ record() {} }),
    gauge() {},
  };
}

function fakeSettings(options: FakeProviderOptions): ProviderSettings {
  return {
    general: defaultsOf(generalProperties),
    keys: defaultsOf(keyProperties),
    registration: { ...defaultsOf(registrationProperties), ...options.registration },
    authorize: defaultsOf(authorizeProperties),
    token: { ...defaultsOf(tokenProperties), clientCredentials: true, ...options.token },
    tokens: { ...defaultsOf(tokensProperties), ...options.tokens },
    sessions: defaultsOf(sessionProperties),
  };
}

/** For tests: the values of a property group when nothing is configured. */
export function defaultsOf<G extends PropertyGroup>(group: G): SettingsOf<G> {
  const defaults = Object.fromEntries(Object.entries(group).map(([name, { defaultValue }]) => [name, defaultValue]));
  if (!coversGroup(defaults, group)) throw new Error('a property has no default');
  return defaults;
}

function coversGroup<G extends PropertyGroup>(values: object, group: G): values is SettingsOf<G> {
  return Object.keys(group).every((name) => name in values);
}

function fakeStores(options: FakeProviderOptions) {
  const clients = new Map<string, StoredClient>();
  const expended = new Map<string, number>();
  const revoked: RevocationTarget[] = [];
  const removedAuthorizations: Partial<AuthorizationKey>[] = [];
  const stores: TenantStores = {
    clients: {
      get: async (id) => clients.get(id),
      insert: async (client) => {
        options.beforeWrite?.(clients);
        if (clients.has(client.client_id)) return false;
        clients.set(client.client_id, client);
        return true;
      },
      update: async (id, change) => {
        options.beforeWrite?.(clients);
        const current = clients.get(id);
        if (!current) return undefined;
        const next = change(current);
        clients.set(id, next);
        return next;
      },
      remove: async (id) => clients.delete(id),
      list: async ({ after, limit }) =>
        [...clients.values()]
          .filter(({ client_id }) => after === undefined || client_id > after)
          .sort((a, b) => (a.client_id < b.client_id ? -1 : 1))
          .slice(0, limit),
      count: async () => clients.size,
    },
    expended: {
      consume: async (kind, id) => {
        const at = expended.get(`${kind} ${id}`);
        if (at !== undefined) return { first: false, at };
        expended.set(`${kind} ${id}`, 1);
        return { first: true };
      },
      find: absent,
      recordUse: absent,
      count: absent,
    },
    journal: { revoke: async (target) => void revoked.push(target), latest: async () => undefined, count: absent },
    authorizations: {
      get: absent,
      upsert: absent,
      update: absent,
      remove: async (filter) => {
        removedAuthorizations.push(filter);
        return [];
      },
      listBySubject: absent,
      listByClient: absent,
      count: absent,
    },
    codes: { issue: absent, redeem: absent, count: absent },
    accessTokens: { issue: absent, find: absent, remove: absent, count: absent },
    authzSessions: { create: absent, get: absent, advance: absent, complete: absent, count: absent },
    subjectSessions: {
      create: absent,
      get: absent,
      use: absent,
      update: absent,
      remove: absent,
      removeBySubject: absent,
      listBySubject: absent,
      list: absent,
      removeAll: absent,
      count: absent,
      subjects: absent,
      countSubjects: absent,
    },
    keys: { load: absent, save: absent },
  };
  return { stores, clients, revoked, removedAuthorizations };
}

function absent(): never {
  throw new Error('not part of this fake');
}
