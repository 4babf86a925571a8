import {
  type FollowSessions,
  nothingFollows,
  type SessionClosing,
  type SessionClosure,
} from '../../ports/stores/subject-sessions.ts';
import type { Provider, RequestContext } from '../context.ts';

/** What follows from the end of sessions, however they end: by sign-out, quota, web API or expiry. */
export function followersOf(_provider: Provider): FollowSessions {
  return nothingFollows;
}

/** The one way to close sessions. What follows from it is written in the same transaction. */
export async function closeSessions({ provider }: RequestContext, what: SessionClosing): Promise<SessionClosure> {
  const closure = await provider.stores.subjectSessions.close(what, followersOf(provider));
  countClosed(provider, closure.count);
  return closure;
}

/** Counts closed sessions. */
export function countClosed({ metrics }: Provider, count: number): void {
  const meter = metrics.meter('sessionStore.closedSessions');
  for (let i = 0; i < count; i++) meter.mark();
}
