import type { SubjectSession } from '../../domain/subject-session.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { events } from '../../events/catalogue.ts';
import type { RequestContext } from '../context.ts';
import { closeSessions } from '../subject-sessions/close-sessions.ts';
import { sessionProperties } from '../subject-sessions/properties.ts';
import {
  findSession,
  type GivenSession,
  nameSession,
  newSession,
  type OpenSession,
  openSession,
  renewedSession,
  renewNames,
  withNames,
} from '../subject-sessions/subject-sessions.ts';
import { asked, hasAcr } from './authentication-policy.ts';
import { type Standing, type StoredSession, standingOf } from './authorization-session.ts';
import { type FlowStep, nextStep, refuse } from './steps.ts';

/** What a browser has of a subject session. */
export interface BroughtSession {
  /** The identifier in its cookie. */
  readonly sid: string | undefined;
  /** Fingerprint of the user agent, BASE64URL SHA-256. */
  readonly fingerprint: string | undefined;
}

/**
 * The session that the browser brings. One of another context is none of a browser's; one that was bound to another user
 * agent has been carried off, and ends.
 */
export async function browserSession(
  ctx: RequestContext,
  { sid, fingerprint }: BroughtSession,
): Promise<OpenSession | undefined> {
  const found = await findSession(ctx, sid);
  if (found?.session.ctx !== 'web') return undefined;
  const bound = found.session.fpt;
  if (fingerprint === undefined || bound === undefined || fingerprint === bound) return found;
  await closeSessions(ctx, { key: found.key });
  ctx.emit(events.session.stolen);
  return undefined;
}

/**
 * Takes the result of the subject's authentication. `sid` is what the cookie of the browser has by now, where the login page
 * tells it: in another tab the subject may have signed in meanwhile, and one browser has one session.
 */
export async function authenticated(
  ctx: RequestContext,
  continued: StoredSession,
  given: GivenSession,
  sid: string | undefined,
): Promise<FlowStep> {
  const { fingerprint } = continued.session;
  const submitted = fingerprint === undefined ? given : { fpt: fingerprint, ...given };
  const standing = await standingOf(ctx, continued);
  const insufficient = shortcoming(standing, submitted);
  if (insufficient) return refuse(ctx, standing, insufficient);
  const present = [await browserSession(ctx, { sid, fingerprint }), standing.subSession].filter(isOpen);
  const own = present.find(({ session }) => session.sub === submitted.sub);
  const step = own ? await reenter(ctx, standing, own, submitted) : await enter(ctx, standing, submitted);
  for (const { key, session } of present) {
    if (session.sub !== submitted.sub) await closeSessions(ctx, { key });
  }
  ctx.emit(events.authorization.authenticated);
  return step;
}

function isOpen(session: OpenSession | undefined): session is OpenSession {
  return session !== undefined;
}

/** Why the authentication is not what the request insists on. */
function shortcoming({ requiredSubject, request }: Standing, { sub, acr }: GivenSession): OAuthError | undefined {
  if (requiredSubject !== undefined && requiredSubject !== sub) {
    return new OAuthError('other-subject', 'the submitted sub differs from required_sub');
  }
  if (request.acrEssential && !hasAcr(request, acr)) {
    return new OAuthError('unmet-authentication-requirements', 'the submitted acr is not one of the essential ones');
  }
  return undefined;
}

/** Goes on with the session that the subject has, under a new identifier (session fixation). */
function reenter(
  ctx: RequestContext,
  standing: Standing,
  own: OpenSession,
  submitted: GivenSession,
): Promise<FlowStep> {
  const { stores, clock } = ctx.provider;
  const names = renewNames(ctx, own);
  const now = clock.now();
  const change = (stored: SubjectSession) =>
    asked(standing.request, withNames(renewedSession(stored, submitted, now), names));
  return nextStep(ctx, {
    ...standing,
    subSession: { ...names, session: change(own.session) },
    subSessionPending: async () => {
      if (await stores.subjectSessions.update(own.key, change)) return;
      throw new OAuthError('concurrent-change', 'the subject session has ended while the subject authenticated again');
    },
    subSessionNew: true,
    authenticated: true,
  });
}

/** Goes on with a new subject session. */
async function enter(ctx: RequestContext, standing: Standing, submitted: GivenSession): Promise<FlowStep> {
  const session = newSession(ctx, { ...submitted, ctx: 'web' });
  const subSession = nameSession(ctx, asked(standing.request, session));
  const next: Standing = { ...standing, subSession, subSessionNew: true, authenticated: true };
  if (ctx.provider.settingsOf(sessionProperties).onQuotaExhaustion !== 'DENY_NEW_SESSION') {
    return nextStep(ctx, { ...next, subSessionPending: () => openSession(ctx, subSession) });
  }
  // It may be denied, and closes no other: first the session, then the step.
  await openSession(ctx, subSession);
  try {
    return await nextStep(ctx, next);
  } catch (error) {
    // The loser of a race must not leave a session behind that nobody holds.
    await closeSessions(ctx, { key: subSession.key });
    throw error;
  }
}
