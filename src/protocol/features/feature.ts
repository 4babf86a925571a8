import type { SettingsProblem } from '../../config/problem.ts';
import type { PropertyGroup } from '../../config/property.ts';
import type { SettingsReader } from '../../config/settings-reader.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { EventEntry } from '../../events/event.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Events } from '../../ports/events.ts';
import type { HealthCheck } from '../../ports/health-check.ts';
import type { HttpFetch } from '../../ports/http-fetch.ts';
import type { Metrics, MetricsReader } from '../../ports/metrics.ts';
import type { Random } from '../../ports/random.ts';
import type { RecordKind } from '../../ports/stores/records.ts';
import type { Storage } from '../../ports/stores/stores.ts';
import type { Endpoint, Provider, Route } from '../context.ts';
import type { ClientMember } from '../registration/client-member.ts';
import type { AccessRule } from './access.ts';
import type { BodyShape, Members } from './body-shape.ts';
import type { Addition, Registry } from './kinds.ts';
import type { Limit } from './limit.ts';
import type { Switch } from './switch.ts';

/**
 * Everything that a feature adds to the server. The features are listed once, in `src/features.ts`, and everything else derives
 * from that list. What has a name of its own (properties, routes, wire names, members of the metadata) may not be there twice,
 * and nothing overrides what another feature says: both are refused at the start.
 */
export interface Feature {
  /** Unique, in camel case, e.g. `par`. */
  readonly name: string;
  /** For the splash page and the reference. */
  readonly title: string;
  /** Where its endpoints are, below the issuer, for the splash page; absent: it is not shown there. */
  readonly place?: string;
  /** Its properties, which it reads by the group itself: `provider.settingsOf(parProperties)`. */
  readonly properties?: PropertyGroup;
  /** What is wrong with the configuration. Opens nothing, for anybody may have a configuration checked. */
  readonly check?: (settingsOf: SettingsReader, declared: Declared) => readonly SettingsProblem[];
  /** What only the machine of the server can tell: problems with files that the configuration names. */
  readonly checkHere?: (settingsOf: SettingsReader) => readonly SettingsProblem[];
  readonly routes?: readonly RouteDeclaration[];
  /** Its share of the provider's metadata (OpenID Connect Discovery, section 3; RFC 8414). Made anew when the keys change. */
  readonly metadata?: (provider: Provider) => JsonObject;
  /** Its share of the client registration. */
  readonly clientMetadata?: readonly ClientMember[];
  /**
   * What it adds to lists that others look things up in: grant types, client authentication methods, claims sources and so on.
   * Opens nothing and waits for nothing: a check of the configuration calls it, too.
   */
  readonly registers?: (services: Services) => readonly Addition[];
  /** The kinds of short-lived records that it keeps. */
  readonly records?: readonly RecordKind<unknown>[];
  /** The events that it tells of beside those of the catalogue, by name. Their meters exist from the start. */
  readonly events?: Readonly<Record<string, EventEntry>>;
  /** What it bounds, for the reference of limits. */
  readonly limits?: readonly Limit[];
  /** Numbers of stored entries, by the name of the gauge. Read when somebody looks, and kept for a while. */
  readonly gauges?: (provider: Provider) => Readonly<Record<string, () => Promise<number>>>;
  readonly health?: (assembly: Assembly) => readonly HealthCheck[];
  /** Starts what it runs, such as timers. All of it is closed in reverse order. */
  readonly open?: (assembly: Assembly) => Running | Promise<Running>;
}

/** A route as a feature declares it: what is served where, for whom, and what goes in and out. */
export interface RouteDeclaration {
  readonly method: Route['method'];
  /** Below the issuer, e.g. `/clients/{client_id}`; empty for the issuer itself. */
  readonly path: string;
  /**
   * Whether it is a well-known place: where the issuer has a path, it is found with that behind it, too (RFC 8414, section 3.1), and
   * not only before it (OpenID Connect Discovery, section 4).
   */
  readonly wellKnown?: boolean;
  /** What it is for, in Markdown, for the reference, which shows the routes of one path and purpose together. */
  readonly purpose: string;
  readonly access: AccessRule;
  /** Served only where the switch is on. */
  readonly onlyIf?: Switch;
  /** Parameters of the query. */
  readonly query?: Members;
  /** Request headers beyond those of the access rule. */
  readonly headers?: Members;
  /** The body that is taken; none by default. */
  readonly request?: BodyShape;
  /** The body of a successful answer; none by default. */
  readonly response?: BodyShape;
  /** Makes the endpoint, once for each provider. */
  endpoint(provider: Provider, assembly: Assembly): Endpoint;
}

/** What the things that a feature adds are made with. */
export interface Services {
  readonly settingsOf: SettingsReader;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly metrics: Metrics;
  /** Outgoing requests. */
  readonly fetch: HttpFetch;
}

/** What is declared, as far as it can be known without opening anything. */
export interface Declared {
  readonly features: readonly Feature[];
  readonly registry: Registry;
}

/** The server as it is put together: a provider and what is around it. */
export interface Assembly {
  readonly features: readonly Feature[];
  readonly provider: Provider;
  readonly storage: Storage;
  readonly metrics: Metrics & MetricsReader;
}

/** Something that runs until it is closed. */
export interface Running {
  close(): Promise<void> | void;
}
