import type { Jwk } from '../domain/jwk.ts';
import { secretNameOf } from './secret-keys.ts';

/**
 * The life of keys as a matter of times alone: who has the same keys and about the same time comes to the same conclusions,
 * so that the processes of a server need not talk to each other. All times are Unix seconds.
 */

/** A key with its times. */
export interface ManagedKey {
  readonly jwk: Jwk;
  readonly created: number;
  /** From when new things are made with it, if it is the newest of its role. It is published, and reads, from the start. */
  readonly usedFrom: number;
  /** From when it counts as gone; `undefined`: as long as it is in use, or for good. */
  readonly removedFrom: number | undefined;
  /** It does not go before, for the sake of tokens that live so long; only rises. `undefined`: no such token was signed. */
  readonly heldUntil: number | undefined;
}

/** The times of a rotation, in seconds. */
export interface RotationRules {
  /** From the publication of a key until its use: who has read the old keys, or has them in a cache, has read anew by then. */
  readonly lead: number;
  /** From when a key is superseded until it is gone: the last token under it has ended by then. */
  readonly retention: number;
  /** The age at which keys are replaced by themselves; 0: never. */
  readonly maxAge: number;
}

/** What a key does at a time: it waits for its use, it is used, or it reads what was made with it before. */
export type KeyState = 'next' | 'current' | 'superseded';

/** A key with what it does. */
export interface KeyStanding {
  readonly key: ManagedKey;
  readonly state: KeyState;
}

/** What a key is for: of the keys of one role, one is in use at a time. */
export function roleOf(jwk: Jwk): string {
  const name = secretNameOf(jwk.kid ?? '');
  if (name !== undefined) return name;
  const size = jwk.kty === 'oct' ? String(jwk.k?.length) : jwk.crv;
  return [jwk.kty, size, jwk.use, jwk.alg].filter((part) => part !== undefined).join(' ');
}

/**
 * The keys that there are at a time, best first: those in use by the time of their first use, latest first, then those to
 * come. Where several suit, the first one is taken. Should none have reached its time, as on a clock that is a little slow,
 * the next one serves.
 */
export function inOrder<K extends ManagedKey>(keys: readonly K[], now: number): readonly K[] {
  const there = keys.filter(({ removedFrom }) => removedFrom === undefined || now < removedFrom);
  const used = there.filter(({ usedFrom }) => usedFrom <= now).sort((a, b) => b.usedFrom - a.usedFrom);
  const next = there.filter(({ usedFrom }) => usedFrom > now).sort((a, b) => a.usedFrom - b.usedFrom);
  return [...used, ...next];
}

/** What each key that there is does at a time, in order. */
export function standings(keys: readonly ManagedKey[], now: number): readonly KeyStanding[] {
  const served = new Set<string>();
  return inOrder(keys, now).map((key) => {
    const role = roleOf(key.jwk);
    if (hasSecretPart(key.jwk) && !served.has(role)) {
      served.add(role);
      return { key, state: 'current' };
    }
    return { key, state: key.usedFrom > now ? 'next' : 'superseded' };
  });
}

/** The next time at which a key comes into use or goes; infinite when nothing is to come. */
export function nextChange(keys: readonly ManagedKey[], now: number): number {
  const times = keys.flatMap(({ usedFrom, removedFrom }) => [usedFrom, removedFrom ?? 0]).filter((time) => time > now);
  return Math.min(...times, Number.POSITIVE_INFINITY);
}

/** Keys in use that a rotation can replace: those without a successor that waits, but not the one of pairwise subjects. */
export function replaceable(keys: readonly ManagedKey[], now: number): readonly ManagedKey[] {
  const all = standings(keys, now);
  const awaited = new Set(all.filter(({ state }) => state === 'next').map(({ key }) => roleOf(key.jwk)));
  return all
    .filter(({ key, state }) => state === 'current' && isRotated(key.jwk) && !awaited.has(roleOf(key.jwk)))
    .map(({ key }) => key);
}

/** Replaceable keys that have reached the age of the rules. */
export function overdue(keys: readonly ManagedKey[], now: number, { maxAge }: RotationRules): readonly ManagedKey[] {
  return maxAge > 0 ? replaceable(keys, now).filter(({ created }) => now - created >= maxAge) : [];
}

/** The keys without those that are gone. */
export function withoutGone(keys: readonly ManagedKey[], now: number): readonly ManagedKey[] {
  return keys.filter(({ removedFrom }) => removedFrom === undefined || now < removedFrom);
}

/** The keys with successors, which are published from `now` on, used after the lead, and then supersede the others of their role. */
export function withSuccessors(
  keys: readonly ManagedKey[],
  successors: readonly Jwk[],
  now: number,
  { lead, retention }: RotationRules,
): readonly ManagedKey[] {
  const usedFrom = now + lead;
  const roles = new Set(successors.map(roleOf));
  const former = keys.map((key) =>
    roles.has(roleOf(key.jwk)) && key.removedFrom === undefined && ends(key.jwk)
      ? { ...key, removedFrom: Math.max(usedFrom + retention, key.heldUntil ?? 0) }
      : key,
  );
  return [
    ...former,
    ...successors.map((jwk) => ({ jwk, created: now, usedFrom, removedFrom: undefined, heldUntil: undefined })),
  ];
}

/**
 * The keys, of which those named by `kid` stay until the given times at least; the same object where all of them do already.
 * Superseded keys are left alone: nothing should be signed with them any more, and others may count them as gone in a moment.
 */
export function withHolds(
  keys: readonly ManagedKey[],
  holds: ReadonlyMap<string, number>,
  now: number,
): readonly ManagedKey[] {
  const raised = new Map<ManagedKey, ManagedKey>();
  for (const { key, state } of standings(keys, now)) {
    const until = holds.get(key.jwk.kid ?? '') ?? 0;
    if (state === 'superseded' || until <= (key.heldUntil ?? 0)) continue;
    const removedFrom = key.removedFrom === undefined ? undefined : Math.max(key.removedFrom, until);
    raised.set(key, { ...key, removedFrom, heldUntil: until });
  }
  return raised.size === 0 ? keys : keys.map((key) => raised.get(key) ?? key);
}

/**
 * The keys without one of them. Where that one is in use, `successor` makes the key that takes its place at once, unless one
 * waits already; where it was to supersede another, that one stays.
 */
export async function withoutKey(
  keys: readonly ManagedKey[],
  { key, state }: KeyStanding,
  now: number,
  successor: () => Promise<Jwk>,
): Promise<readonly ManagedKey[]> {
  const role = roleOf(key.jwk);
  const others = keys.filter((other) => other !== key);
  const standing = standings(others, now).filter((other) => roleOf(other.key.jwk) === role);
  if (state === 'superseded') return others;
  if (state === 'next') {
    const [current] = standing;
    return others.map((other) => (other === current?.key ? { ...other, removedFrom: undefined } : other));
  }
  const waiting = standing.find((other) => other.key.usedFrom > now);
  if (waiting) return others.map((other) => (other === waiting.key ? { ...other, usedFrom: now } : other));
  return [
    ...others,
    { jwk: await successor(), created: now, usedFrom: now, removedFrom: undefined, heldUntil: undefined },
  ];
}

/** Pairwise subjects are made with one key for good: with another, each user would be somebody else. */
export function isRotated(jwk: Jwk): boolean {
  return roleOf(jwk) !== 'subject-encrypt';
}

/** What is made with a key of a reserved name may live without end: such a key stays until it is revoked. */
function ends(jwk: Jwk): boolean {
  return secretNameOf(jwk.kid ?? '') === undefined;
}

function hasSecretPart(jwk: Jwk): boolean {
  return jwk.d !== undefined || jwk.k !== undefined;
}
