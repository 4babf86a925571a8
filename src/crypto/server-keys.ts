import type { JwkSet } from '../domain/jwk.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { KeyStore } from '../ports/stores/stores.ts';
import { generateKeySet, generateSuccessor, type RsaKeySize } from './generate-keys.ts';
import { createKeyCustody, type KeyCustody, type StoredKeys } from './key-custody.ts';
import { firstContext, KeySetRefused } from './key-document.ts';
import { type ManagedKey, overdue, type RotationRules, withoutGone, withSuccessors } from './key-schedule.ts';
import type { KeySet } from './key-set.ts';
import { encryptionKeyOf, rsaKeySize, staticKeySet } from './key-settings.ts';
import { createKeyTimeline, type KeyTimeline, logKey } from './key-timeline.ts';
import type { KeySettings } from './properties.ts';
import { rotationRules } from './rotation-rules.ts';

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
}

/** A set of keys for a purpose of its own, such as those of the provider (`op`) or those of a federation. */
export interface KeyContext {
  readonly name: string;
  /** Makes the first keys. */
  generate(rsa: RsaKeySize): Promise<JwkSet>;
}

/** The keys of the provider itself. */
export const opContext: KeyContext = { name: firstContext, generate: (rsa) => generateKeySet({ rsa }) };

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
  readonly log: Log;
  /** {@link opContext} alone by default. */
  readonly contexts?: readonly KeyContext[];
}

/** Seconds between two looks into the store, whatever asks for them. */
const pause = 1;

/**
 * Opens the keys: the static set of the configuration, or the stored one, which is generated at the first start. Rejects
 * with an `Error` for the operator when the configuration or the stored set is unusable.
 */
export async function openServerKeys(deps: ServerKeysDeps): Promise<ServerKeys> {
  const { settings, log } = deps;
  if (settings.staticJwkSet === undefined) return openStoredKeys(deps);
  const keySet = staticKeySet(settings.staticJwkSet, { rsaSigning: settings.rsaSigning });
  for (const jwk of keySet.publicJwks.keys) logKey(jwk, log);
  const others = (deps.contexts ?? []).filter(({ name }) => name !== firstContext);
  const stored = others.length === 0 ? undefined : await openStoredKeys({ ...deps, contexts: others });
  return {
    current: (context = firstContext) => (context === firstContext ? keySet : current(stored, context)),
    reload: async () => stored?.reload(),
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
  const { settings, clock, log } = deps;
  const contexts = deps.contexts ?? [opContext];
  const custody = createKeyCustody({ ...deps, encryptionKey: encryptionKeyOf(settings.encJwk) });
  const lifetime = Math.max(settings.cacheLifetime, pause);
  const timelines = new Map<string, KeyTimeline>(
    contexts.map(({ name }) => [
      name,
      createKeyTimeline({ rsaSigning: settings.rsaSigning, log, missed: () => void reload() }),
    ]),
  );
  const op = timelines.get(firstContext);
  let known = await openOnce(deps, custody, contexts);
  let readAt = clock.now();
  let reading: Promise<boolean> | undefined;
  let keeping = false;

  /** All or nothing: keys that cannot be parsed leave the ones in memory in use. */
  const adopt = (stored: StoredKeys) => {
    const ready = [...timelines].map(([name, timeline]) => timeline.prepare(stored.contexts.get(name) ?? []));
    known = stored;
    for (const install of ready) install(clock.now());
  };
  const failed = (error: unknown) => {
    if (error instanceof KeySetRefused) {
      log.error('SE9002', 'The stored keys were refused; the keys in memory stay in use', { reason: error.message });
    } else log.error('SE9001', 'The key store could not be used; the keys in memory stay in use', {}, error);
  };
  const readAnew = async () => {
    // From its start on: what was written while it ran may have been missed. After a failure too: a store that is away is
    // asked again as often as one that answers, not by every request.
    readAt = clock.now();
    try {
      const stored = await custody.read();
      refuseStepBack(known, stored);
      if (stored.version !== known.version) adopt(stored);
      return true;
    } catch (error) {
      failed(error);
      return false;
    } finally {
      reading = undefined;
    }
  };
  const read = () => {
    reading ??= readAnew();
    return reading;
  };
  const reload = async () => {
    if (reading === undefined && clock.now() - readAt < pause) return;
    await read();
  };
  /** Apart from the reading, for which others wait: new RSA keys take their time. */
  const renew = async () => {
    if (!(await read()) || keeping) return;
    keeping = true;
    try {
      const kept = await keep(deps, custody, known);
      if (kept.version > known.version) adopt(kept);
    } catch (error) {
      failed(error);
    } finally {
      keeping = false;
    }
  };

  adopt(known);
  return {
    current(context = firstContext) {
      const now = clock.now();
      if (now - readAt >= lifetime && reading === undefined) void renew();
      const timeline = context === firstContext ? op : timelines.get(context);
      if (!timeline) throw unopened(context);
      return timeline.at(now);
    },
    reload,
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
  const { clock, log, settings } = deps;
  for (let attempt = 0; attempt < 5; attempt++) {
    const stored = await custody.read();
    const missing = contexts.filter(({ name }) => !stored?.contexts.has(name));
    if (stored?.authenticated && missing.length === 0) return stored;
    const now = clock.now();
    const completed = new Map(stored?.contexts);
    for (const [name, keys] of completed) completed.set(name, stored?.authenticated ? keys : datedFrom(keys, now));
    for (const { name, generate } of missing) {
      const { keys } = await generate(rsaKeySize(settings));
      completed.set(name, datedFrom(keys.map(unused), now));
    }
    const written = await custody.write(stored, completed);
    if (!written) continue;
    for (const { name } of missing) {
      log.info('SE9000', 'Generated a new key set', { context: name, keys: completed.get(name)?.length });
    }
    if (stored && !stored.authenticated) log.info('SE9003', 'The stored keys are authenticated as a whole from now on');
    return written;
  }
  throw new Error('the key store refuses the keys of the server, and other processes have not written theirs');
}

function unused(jwk: ManagedKey['jwk']): ManagedKey {
  return { jwk, created: 0, usedFrom: 0, removedFrom: undefined };
}

/** Keys whose age is not known count from now on. */
function datedFrom(keys: readonly ManagedKey[], now: number): readonly ManagedKey[] {
  return keys.map((key) => ({ ...key, created: now }));
}

/** Nothing that a server does leads to less than it has seen; whoever writes to the table might want that. */
function refuseStepBack(known: StoredKeys, stored: StoredKeys | undefined): asserts stored is StoredKeys {
  if (!stored) throw new KeySetRefused('the stored key set is gone from jwks');
  if (!stored.authenticated) throw new KeySetRefused('the stored key set was replaced by one of the form before');
  if (stored.version < known.version) {
    throw new KeySetRefused(
      'the stored key set is older than the one in memory: restart the servers if it was restored',
    );
  }
}

/** What time has brought: keys that are gone leave the store, and keys that are old enough get successors. */
async function keep(deps: ServerKeysDeps, custody: KeyCustody, known: StoredKeys): Promise<StoredKeys> {
  const { clock, log, settings } = deps;
  const rules = rotationRules(settings, deps.longestTokenLifetime);
  const now = clock.now();
  const idle = [...known.contexts.values()].every(
    (keys) => withoutGone(keys, now).length === keys.length && overdue(keys, now, rules).length === 0,
  );
  if (idle) return known;
  const kept = new Map<string, readonly ManagedKey[]>();
  const notes: (() => void)[] = [];
  for (const [context, keys] of known.contexts) {
    const there = withoutGone(keys, now);
    const gone = keys.filter((key) => !there.includes(key)).map(({ jwk }) => jwk.kid ?? '');
    if (gone.length > 0) notes.push(() => log.info('SE9005', 'Superseded keys were removed', { context, kids: gone }));
    const { next, made } = await withNewKeys(there, overdue(there, now, rules), { rules, now, settings });
    if (made.length > 0)
      notes.push(() => log.info('SE9004', 'Keys get successors', { context, kids: made, usedFrom: now + rules.lead }));
    kept.set(context, next);
  }
  const written = await custody.write(known, kept);
  // Another process was faster: what it has written is read with the next renewal.
  if (!written) return known;
  for (const note of notes) note();
  return written;
}

/** Gives some of the keys successors, and tells their names. */
export async function withNewKeys(
  keys: readonly ManagedKey[],
  old: readonly ManagedKey[],
  how: { readonly rules: RotationRules; readonly now: number; readonly settings: KeySettings },
): Promise<{ readonly next: readonly ManagedKey[]; readonly made: readonly string[] }> {
  if (old.length === 0) return { next: keys, made: [] };
  const taken = new Set(keys.map(({ jwk }) => jwk.kid ?? ''));
  const rsa = rsaKeySize(how.settings);
  const successors = await Promise.all(old.map(({ jwk }) => generateSuccessor(jwk, { rsa, taken })));
  return {
    next: withSuccessors(keys, successors, how.now, how.rules),
    made: successors.map(({ kid }) => kid ?? ''),
  };
}
