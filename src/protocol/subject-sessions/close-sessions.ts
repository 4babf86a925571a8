import { events } from '../../events/catalogue.ts';
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
export async function closeSessions(ctx: RequestContext, what: SessionClosing): Promise<SessionClosure> {
  const { provider } = ctx;
  const closure = await provider.stores.subjectSessions.close(what, followersOf(provider));
  tellOfClosed(ctx, closure.count);
  return closure;
}

/** Tells of closed sessions, one by one. */
export function tellOfClosed(ctx: RequestContext, count: number): void {
  for (let i = 0; i < count; i++) ctx.emit(events.session.closed);
}
