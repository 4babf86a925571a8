import type { Jwk, JwkSet } from '../domain/jwk.ts';
import { events } from '../events/catalogue.ts';
import type { Clock } from '../ports/clock.ts';
import type { Events } from '../ports/events.ts';
import type { Random } from '../ports/random.ts';
import type { KeyStore } from '../ports/stores/stores.ts';
import { generateKeySet, missingSigningKeys, type RsaKeySize } from './generate-keys.ts';
import { type AsymmetricJwsAlg, asymmetricJwsAlgs } from './jws-algorithms.ts';
import { createKeyCustody, type KeyCustody, type StoredKeys } from './key-custody.ts';
import { firstContext, type KeysByContext } from './key-document.ts';
import { createKeyHolds, signingKeyFor } from './key-holds.ts';
import { createKeyRenewal, pause } from './key-renewal.ts';
import type { ManagedKey } from './key-schedule.ts';
import type { KeySet } from './key-set.ts';
import { custodySettings, rsaKeySize, staticKeySet } from './key-settings.ts';
import { createKeyTimeline, type KeyTimeline, tellOfKey } from './key-timeline.ts';
import { keepUp } from './key-upkeep.ts';
import type { KeySettings } from './properties.ts';
import { holdRules, rotationRules } from './rotation-rules.ts';
import type { SigningKey } from './signing-key.ts';

/** The server's keys as they are now. */
export interface ServerKeys {
  /**
   * The parsed keys of a context, `op` unless another is named: one object until they change. Never waits; a stale set is
   * renewed in the background. Throws for a context that was not opened.
   */
  current(context?: string): KeySet;
  /**
   * Reads the store now, for who meets a key that is not known here: another process may have made it a moment ago. Not
   * more often than once a second, however often it is called. Never rejects.
   */
  reload(): Promise<void>;
  /** Seconds. A JWT that lives longer must be signed with the key that {@link ServerKeys.hold} answers. */
  readonly unheldLifetime: number;
  /**
   * The key of the provider to sign a JWT with that lives for `lifetime` seconds from now on: it is written down that the key
   * stays published and valid until then, on every process. Rejects as the store does, with `KeySetRefused` when the stored keys
   * must not be used, and with an `Error` when there is no key for the algorithm.
   */
  hold(alg: AsymmetricJwsAlg, lifetime: number): Promise<SigningKey>;
}

/** A set of keys for a purpose of its own, such as those of the provider (`op`) or those of a federation. */
export interface KeyContext {
  readonly name: string;
  /** Makes the first keys. */
  generate(rsa: RsaKeySize): Promise<JwkSet>;
  /** Makes keys that have become necessary beside those that are there. */
  complete?(present: readonly Jwk[], rsa: RsaKeySize): Promise<readonly Jwk[]>;
}

/** The keys of the provider itself, for these algorithms. */
export function opContextFor(algs: readonly AsymmetricJwsAlg[]): KeyContext {
  return {
    name: firstContext,
    generate: (rsa) => generateKeySet({ rsa, algs }),
    complete: (present, rsa) => missingSigningKeys(present, { rsa, algs }),
  };
}

/** The keys of the provider itself, for all algorithms. */
export const opContext: KeyContext = opContextFor(asymmetricJwsAlgs);

/** What the keys are opened with. */
export interface ServerKeysDeps {
  readonly settings: KeySettings;
  readonly store: KeyStore;
  /** The tenant that the keys belong to. */
  readonly tid: string;
  /** Seconds that a configured token can live: for so long a superseded key stays at least. */
  readonly longestTokenLifetime: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  /** {@link opContext} alone by default. */
  readonly contexts?: readonly KeyContext[];
}

/**
 * Opens the keys: the static set of the configuration, or the stored one, which is generated at the first start. Rejects
 * with an `Error` for the operator when the configuration or the stored set is unusable.
 */
export async function openServerKeys(deps: ServerKeysDeps): Promise<ServerKeys> {
  const { settings } = deps;
  if (settings.staticJwkSet === undefined) return openStoredKeys(deps);
  const keySet = staticKeySet(settings.staticJwkSet, { rsaSigning: settings.rsaSigning });
  for (const jwk of keySet.publicJwks.keys) tellOfKey(jwk, deps.events);
  const others = (deps.contexts ?? []).filter(({ name }) => name !== firstContext);
  const stored = others.length === 0 ? undefined : await openStoredKeys({ ...deps, contexts: others });
  return {
    current: (context = firstContext) => (context === firstContext ? keySet : current(stored, context)),
    reload: async () => stored?.reload(),
    // They go when the operator takes them out.
    unheldLifetime: Number.POSITIVE_INFINITY,
    async hold(alg) {
      return signingKeyFor(keySet, alg);
    },
  };
}

function current(keys: ServerKeys | undefined, context: string): KeySet {
  if (!keys) throw unopened(context);
  return keys.current(context);
}

function unopened(context: string): Error {
  return new Error(`the keys of the context ${context} were not opened`);
}

async function openStoredKeys(deps: ServerKeysDeps): Promise<ServerKeys> {
  const { settings, clock } = deps;
  const contexts = deps.contexts ?? [opContext];
  const custody = createKeyCustody({ ...deps, ...custodySettings(settings) });
  const rules = rotationRules(settings, deps.longestTokenLifetime);
  const missed = () => void renewal.read();
  const timelines = new Map<string, KeyTimeline>(
    contexts.map(({ name }) => [
      name,
      createKeyTimeline({ rsaSigning: settings.rsaSigning, events: deps.events, missed }),
    ]),
  );
  const op = timelines.get(firstContext);
  const first = await openOnce(deps, custody, contexts);
  /** All or nothing: keys that cannot be parsed leave the ones in memory in use. */
  const adopt = ({ contexts: keys }: StoredKeys) => {
    const ready = [...timelines].map(([name, timeline]) => timeline.prepare(keys.get(name) ?? []));
    for (const install of ready) install(clock.now());
  };
  adopt(first);
  const renewal = createKeyRenewal({
    custody,
    first,
    lifetime: Math.max(settings.cacheLifetime, pause),
    adopt,
    keepUp: (known) => keepUp(custody, known, { settings, rules, events: deps.events, now: clock.now() }),
    clock,
    events: deps.events,
  });
  const current: ServerKeys['current'] = (context = firstContext) => {
    const now = clock.now();
    renewal.tick(now);
    const timeline = context === firstContext ? op : timelines.get(context);
    if (!timeline) throw unopened(context);
    return timeline.at(now);
  };
  const holding = holdRules(settings, deps.longestTokenLifetime);
  return {
    current,
    reload: () => renewal.read(),
    unheldLifetime: holding.unheldLifetime,
    hold: createKeyHolds({ current, renewal, clock, rules: holding }),
  };
}

/**
 * What is stored, made or completed where needed. Of several processes that start at once, one wins and the others use its
 * keys. A set in the form of the first release is written anew, so that it is trusted in that form this once.
 */
async function openOnce(
  deps: ServerKeysDeps,
  custody: KeyCustody,
  contexts: readonly KeyContext[],
): Promise<StoredKeys> {
  const { clock, settings } = deps;
  for (let attempt = 0; attempt < 5; attempt++) {
    const stored = await custody.read();
    const missing = contexts.filter(({ name }) => !stored?.contexts.has(name));
    const added = await becomeNecessary(contexts, stored, rsaKeySize(settings));
    if (stored?.authenticated && missing.length === 0 && added.size === 0) return stored;
    const now = clock.now();
    const completed = new Map(stored?.contexts);
    for (const [name, keys] of completed) completed.set(name, stored?.authenticated ? keys : datedFrom(keys, now));
    for (const [name, keys] of added) {
      completed.set(name, [...(completed.get(name) ?? []), ...datedFrom(keys.map(unused), now)]);
    }
    for (const { name, generate } of missing) {
      const { keys } = await generate(rsaKeySize(settings));
      completed.set(name, datedFrom(keys.map(unused), now));
    }
    const written = await custody.write(stored, completed);
    if (!written) continue;
    for (const { name } of missing) {
      deps.events.emit(events.keys.generated, { context: name, keys: completed.get(name)?.length });
    }
    if (stored && !stored.authenticated) deps.events.emit(events.keys.authenticated, { kids: kidsOf(stored.contexts) });
    return written;
  }
  throw new Error('the key store refuses the keys of the server, and other processes have not written theirs');
}

/** Keys by context that a setting asks for since the stored ones were made; contexts that lack none are left out. */
async function becomeNecessary(
  contexts: readonly KeyContext[],
  stored: StoredKeys | undefined,
  rsa: RsaKeySize,
): Promise<ReadonlyMap<string, readonly Jwk[]>> {
  const added = new Map<string, readonly Jwk[]>();
  for (const { name, complete } of contexts) {
    const present = stored?.contexts.get(name)?.map(({ jwk }) => jwk);
    const keys = (present && (await complete?.(present, rsa))) ?? [];
    if (keys.length > 0) added.set(name, keys);
  }
  return added;
}

function kidsOf(contexts: KeysByContext): readonly string[] {
  return [...contexts.values()].flat().map(({ jwk }) => jwk.kid ?? '');
}

function unused(jwk: ManagedKey['jwk']): ManagedKey {
  return { jwk, created: 0, usedFrom: 0, removedFrom: undefined, heldUntil: undefined };
}

/** Keys whose age is not known count from now on. */
function datedFrom(keys: readonly ManagedKey[], now: number): readonly ManagedKey[] {
  return keys.map((key) => ({ ...key, created: now }));
}
