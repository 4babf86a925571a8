import type { AuthorizationKey } from '../../domain/authorization.ts';

/** One text for the key of a remembered authorization or of a mark, distinct for distinct keys: lengths tell members apart. */
export function nameOf({ subject, actor, clientId }: AuthorizationKey): string {
  return `${subject.length}:${actor.length}:${subject}${actor}${clientId}`;
}
