import type { AuthorizationKey } from '../domain/authorization.ts';

/** Where a page of a client's authorizations begins: behind this (subject, actor). */
export interface AuthorizationCursor {
  readonly subject: string;
  /** `undefined`: behind all actors of the subject. */
  readonly actor: string | undefined;
}

/**
 * Reads the `after` of `AuthorizationStore.listByClient`. The key of an entry there is its subject, followed, where an actor
 * matters, by U+0000 and the actor: the subject alone passes over all its entries.
 */
export function authorizationCursor(after: string | undefined): AuthorizationCursor | undefined {
  if (after === undefined) return undefined;
  const split = after.indexOf('\0');
  return split < 0
    ? { subject: after, actor: undefined }
    : { subject: after.slice(0, split), actor: after.slice(split + 1) };
}

/** True when the entry comes after the cursor. */
export function isBehind(
  cursor: AuthorizationCursor | undefined,
  entry: Pick<AuthorizationKey, 'subject' | 'actor'>,
): boolean {
  if (!cursor || entry.subject > cursor.subject) return true;
  return entry.subject === cursor.subject && cursor.actor !== undefined && entry.actor > cursor.actor;
}
