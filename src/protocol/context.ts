import type { SettingsReader } from '../config/settings-reader.ts';
import type { KeyedIdentifiers } from '../crypto/keyed-identifier.ts';
import type { ServerKeys } from '../crypto/server-keys.ts';
import type { Signer } from '../crypto/signer.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpReply, HttpRequest } from '../ports/endpoint.ts';
import type { Emitter, Events } from '../ports/events.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Random } from '../ports/random.ts';
import type { TenantStores } from '../ports/stores/stores.ts';
import type { ClaimsService } from './claims/claims-service.ts';
import type { ClientDirectory } from './clients/client-directory.ts';
import type { Registry } from './features/kinds.ts';

/** One provider (tenant): its issuer and everything that its endpoints work with. Made once, shared by all requests. */
export interface Provider {
  readonly tid: string;
  /** The issuer URL, without trailing slash. */
  readonly issuer: string;
  /** The typed values of a property group: `settingsOf(tokenProperties)`. */
  readonly settingsOf: SettingsReader;
  /** What the features add: grant types, response modes and so on. */
  readonly registry: Registry;
  readonly stores: TenantStores;
  readonly keys: ServerKeys;
  readonly signer: Signer;
  readonly identifiers: KeyedIdentifiers;
  readonly clients: ClientDirectory;
  readonly claims: ClaimsService;
  readonly clock: Clock;
  readonly random: Random;
  /** Where to tell of what happens beside requests; within one, `ctx.emit` says whose it is. */
  readonly events: Events;
  readonly metrics: Metrics;
}

/** What a request brings along: passed explicitly, never global. What it emits is told with its `requestId`. */
export interface RequestContext extends Emitter {
  readonly provider: Provider;
  readonly requestId: string;
}

/** An endpoint: a function from request to reply. An `OAuthError` that it throws is answered by the HTTP layer as JSON. */
export type Endpoint = (ctx: RequestContext, request: HttpRequest) => HttpReply | Promise<HttpReply>;

/** A place in the URL space of the issuer. `{name}` in the path is a parameter. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Whether it is a well-known place, found with the path of the issuer behind it, too (RFC 8414, section 3.1). */
  readonly wellKnown: boolean;
  readonly endpoint: Endpoint;
}
