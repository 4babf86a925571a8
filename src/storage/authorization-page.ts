import type { AuthorizationKey } from '../domain/authorization.ts';

/** Where a page of a client's authorisations begins: behind this (subject, actor). */
export interface AuthorizationCursor {
  readonly sub: string;
  /** `undefined`: behind all actors of the subject. */
  readonly act: string | undefined;
}

/**
 * Reads the `after` of `AuthorizationStore.listByClient`. The key of an entry there is its subject, followed, where an actor
 * matters, by U+0000 and the actor: `sub` alone passes over all entries of the subject.
 */
export function authorizationCursor(after: string | undefined): AuthorizationCursor | undefined {
  if (after === undefined) return undefined;
  const split = after.indexOf('\0');
  return split < 0 ? { sub: after, act: undefined } : { sub: after.slice(0, split), act: after.slice(split + 1) };
}

/** True when the entry comes after the cursor. */
export function isBehind(
  cursor: AuthorizationCursor | undefined,
  entry: Pick<AuthorizationKey, 'sub' | 'act'>,
): boolean {
  if (!cursor || entry.sub > cursor.sub) return true;
  return entry.sub === cursor.sub && cursor.act !== undefined && entry.act > cursor.act;
}
