import { events } from '../events/catalogue.ts';
import type { Events } from '../ports/events.ts';
import { generateSuccessor } from './generate-keys.ts';
import type { KeyCustody, StoredKeys } from './key-custody.ts';
import { type ManagedKey, overdue, type RotationRules, withoutGone, withSuccessors } from './key-schedule.ts';
import { rsaKeySize } from './key-settings.ts';
import type { KeySettings } from './properties.ts';

/** By what, and when, keys are given successors. */
interface Succession {
  readonly settings: KeySettings;
  readonly rules: RotationRules;
  readonly now: number;
}

/** Gives some of the keys successors, and tells their names. */
export async function withNewKeys(
  keys: readonly ManagedKey[],
  old: readonly ManagedKey[],
  { settings, rules, now }: Succession,
): Promise<{ readonly next: readonly ManagedKey[]; readonly made: readonly string[] }> {
  if (old.length === 0) return { next: keys, made: [] };
  const taken = new Set(keys.map(({ jwk }) => jwk.kid ?? ''));
  const rsa = rsaKeySize(settings);
  const successors = await Promise.all(old.map(({ jwk }) => generateSuccessor(jwk, { rsa, taken })));
  return { next: withSuccessors(keys, successors, now, rules), made: successors.map(({ kid }) => kid ?? '') };
}

/**
 * Writes down what time has brought: keys that are gone leave the store, and keys that are old enough get successors. Answers
 * the keys as they are then; those given when there was nothing to do, or another process was faster.
 */
export async function keepUp(
  custody: KeyCustody,
  known: StoredKeys,
  deps: Succession & { readonly events: Events },
): Promise<StoredKeys> {
  const { rules, now } = deps;
  if ([...known.contexts.values()].every((keys) => isUpToDate(keys, now, rules))) return known;
  const kept = new Map<string, readonly ManagedKey[]>();
  const notes: (() => void)[] = [];
  for (const [context, keys] of known.contexts) {
    const there = withoutGone(keys, now);
    const gone = keys.filter((key) => !there.includes(key)).map(({ jwk }) => jwk.kid ?? '');
    if (gone.length > 0) notes.push(() => deps.events.emit(events.keys.removed, { context, kids: gone }));
    const { next, made } = await withNewKeys(there, overdue(there, now, rules), deps);
    const usedFrom = now + rules.lead;
    if (made.length > 0) notes.push(() => deps.events.emit(events.keys.succeeded, { context, kids: made, usedFrom }));
    kept.set(context, next);
  }
  const written = await custody.write(known, kept);
  // Another process was faster: what it has written is read with the next renewal.
  if (!written) return known;
  for (const note of notes) note();
  return written;
}

function isUpToDate(keys: readonly ManagedKey[], now: number, rules: RotationRules): boolean {
  return withoutGone(keys, now).length === keys.length && overdue(keys, now, rules).length === 0;
}
