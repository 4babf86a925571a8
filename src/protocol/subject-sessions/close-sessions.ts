import { events } from '../../events/catalogue.ts';
import type { SessionClosing, SessionClosure } from '../../ports/stores/subject-sessions.ts';
import type { RequestContext } from '../context.ts';
import { followersIn } from './session-followers.ts';

/** The one way to close sessions. What follows from it is written in the same transaction. */
export async function closeSessions(ctx: RequestContext, what: SessionClosing): Promise<SessionClosure> {
  const { stores, registry } = ctx.provider;
  const closure = await stores.subjectSessions.close(what, followersIn(registry));
  tellOfClosed(ctx, closure.count);
  return closure;
}

/** Tells of closed sessions, one by one. */
export function tellOfClosed(ctx: RequestContext, count: number): void {
  for (let i = 0; i < count; i++) ctx.emit(events.session.closed);
}
