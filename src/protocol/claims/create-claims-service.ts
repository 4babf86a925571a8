import { isPlainClaimName, plainName } from '../../domain/claim-names.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { events } from '../../events/catalogue.ts';
import type { ClaimsContext, ClaimsSource } from '../../ports/claims-source.ts';
import type { Events } from '../../ports/events.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { commonClaim, coversClaim } from './claim-names.ts';
import type { ClaimsService } from './claims-service.ts';
import { isStandardClaim, type ScopeClaims } from './scope-claims.ts';

/** A source with those of the wanted names that it supports. */
interface Asked {
  readonly source: ClaimsSource;
  readonly names: readonly string[];
}

/**
 * The claims service over a number of sources. Throws an `Error` for the operator when two sources support the same claim
 * (OP7004). A source that fails is logged, and the request for claims rejects with its error.
 */
export function createClaimsService(deps: {
  readonly sources: readonly ClaimsSource[];
  readonly scopeMap: ScopeClaims;
  readonly metrics: Metrics;
  readonly events: Events;
}): ClaimsService {
  const { sources, scopeMap } = deps;
  const overlap = claimsOverlap(sources);
  if (overlap !== undefined) throw new Error(overlap);
  for (const { name, supportedClaims } of sources) {
    deps.events.emit(events.claims.sourceEnabled, { source: name, claims: supportedClaims });
  }
  for (const [scope, claims] of scopeMap) deps.events.emit(events.claims.scopeExpanded, { scope, claims });
  const ask = createAsk(deps);
  const mapped = new Set([...scopeMap.values()].flat());
  const patterns = sources.flatMap(({ supportedClaims }) => supportedClaims).filter((pattern) => pattern !== '*');

  return {
    async claimsOf(subject, names, locales, context) {
      const asked = route(sources, names);
      const claims: Record<string, Json> = {};
      if (asked.length === 0) return claims;
      const answers = await Promise.all(asked.map((each) => ask(each, subject, locales, context)));
      for (const [i, answer] of answers.entries()) {
        const own = asked[i]?.names;
        if (answer && own) addWanted(claims, answer, own);
      }
      return claims;
    },
    claimsOfScope(scope) {
      const claims = new Set<string>();
      for (const value of scope) for (const claim of scopeMap.get(value) ?? []) claims.add(claim);
      return [...claims];
    },
    isKnown(name) {
      if (isStandardClaim(name) || mapped.has(name) || patterns.includes(name)) return true;
      return isPlainClaimName(name) && patterns.some((pattern) => coversClaim(pattern, name));
    },
  };
}

function createAsk(deps: { readonly metrics: Metrics; readonly events: Events }) {
  const timer = deps.metrics.timer('op.claimsSource.timer');
  return async ({ source, names }: Asked, subject: string, locales: readonly string[], context: ClaimsContext) => {
    deps.events.emit(events.claims.sourceAsked);
    const start = performance.now();
    try {
      return await source.getClaims(subject, names, locales, context);
    } catch (error) {
      const who = { source: source.name, client_id: context.clientId };
      deps.events.emit(events.claims.sourceFailed, who, error);
      throw error;
    } finally {
      timer.record(performance.now() - start);
    }
  };
}

/** Not claims of a source: the subject is the server's to say, and the other two follow from the claims. */
const neverAsked: ReadonlySet<string> = new Set(['sub', '_claim_names', '_claim_sources']);

function route(sources: readonly ClaimsSource[], names: readonly string[]): readonly Asked[] {
  const asked: Asked[] = [];
  for (const source of sources) {
    const supported = names.filter(
      (name) => !neverAsked.has(name) && source.supportedClaims.some((pattern) => coversClaim(pattern, name)),
    );
    if (supported.length > 0) asked.push({ source, names: supported });
  }
  return asked;
}

/** Adds what the source was asked for out of its answer, language-tagged variants included. */
function addWanted(claims: Record<string, Json>, answer: JsonObject, names: readonly string[]): void {
  for (const name of Object.keys(answer)) {
    const value = answer[name];
    // What has no value is left out (OpenID Connect Core, section 5.3.2).
    if (value !== undefined && value !== null && (names.includes(name) || names.includes(plainName(name))))
      define(claims, name, value);
  }
  addSourcedElsewhere(claims, answer, names);
}

/** Takes over aggregated and distributed claims (OpenID Connect Core, section 5.6.2), with the sources that they need. */
function addSourcedElsewhere(claims: Record<string, Json>, answer: JsonObject, names: readonly string[]): void {
  const { _claim_names: refs, _claim_sources: places } = answer;
  if (!isJsonObject(refs) || !isJsonObject(places)) return;
  const wantedRefs = Object.entries(refs).filter(
    ([name, place]) => names.includes(name) && typeof place === 'string' && Object.hasOwn(places, place),
  );
  if (wantedRefs.length === 0) return;
  const needed = new Set(wantedRefs.map(([, place]) => place));
  const wantedPlaces = Object.entries(places).filter(([place]) => needed.has(place));
  claims['_claim_names'] = { ...objectOf(claims['_claim_names']), ...Object.fromEntries(wantedRefs) };
  claims['_claim_sources'] = { ...objectOf(claims['_claim_sources']), ...Object.fromEntries(wantedPlaces) };
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** Sets a member of a name that came from outside: `__proto__` is a name like any other. */
function define(claims: Record<string, Json>, name: string, value: Json): void {
  if (name === '__proto__') Object.defineProperty(claims, name, { value, enumerable: true, configurable: true });
  else claims[name] = value;
}

/** What two sources both support, told for the operator (OP7004); `undefined` when there is nothing. */
export function claimsOverlap(sources: readonly Pick<ClaimsSource, 'name' | 'supportedClaims'>[]): string | undefined {
  for (const [i, a] of sources.entries()) {
    for (const b of sources.slice(i + 1)) {
      for (const pattern of a.supportedClaims) {
        const claim = b.supportedClaims
          .map((other) => commonClaim(pattern, other))
          .find((common) => common !== undefined);
        if (claim !== undefined) {
          return `OP7004: the claims sources ${a.name} and ${b.name} both support the claim ${claim}: narrow the supportedClaims of one of them`;
        }
      }
    }
  }
  return undefined;
}
