import { noAgreement } from '../../domain/agreement.ts';
import type { JsonObject } from '../../domain/json.ts';
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
} from '../subject-sessions/subject-sessions.ts';
import { checkAuthorizationRequest } from './accept-request.ts';
import { type Standing, type StoredSession, standingOf } from './authorization-session.ts';
import type { Consent } from './consent.ts';
import type { RequestParameters } from './request-sources.ts';
import { deliverError } from './response-target.ts';
import { cancel, consented, type FlowStep, nextStep, refuse } from './steps.ts';

/** The first step, or an error for the user's eyes, which must not reach the client. */
export type FlowStart = FlowStep | { readonly type: 'error'; readonly error: OAuthError };

/** What the login page knows of the browser that sent a request. */
export interface Visit {
  /** Identifier of the subject session in its cookie. */
  readonly sid: string | undefined;
  /** Fingerprint of the user agent, BASE64URL SHA-256. */
  readonly fingerprint: string | undefined;
  /** Custom data of the login page. */
  readonly data: JsonObject | undefined;
}

/** Takes an authorization request from the login page: the state machine begins. */
export async function startFlow(ctx: RequestContext, parameters: RequestParameters, visit: Visit): Promise<FlowStart> {
  ctx.emit(events.authorization.requested);
  let checked: Awaited<ReturnType<typeof checkAuthorizationRequest>>;
  try {
    checked = await checkAuthorizationRequest(ctx, parameters);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    ctx.emit(events.authorization.errorShown, { error: error.code, cause: error.detail });
    return { type: 'error', error };
  }
  if (!checked.ok) {
    ctx.emit(events.authorization.requestRefused, { error: checked.error.code, cause: checked.error.detail });
    const delivery = await deliverError(ctx, checked.target, checked.error);
    return {
      type: 'response',
      finale: { client: checked.target.client, subSession: undefined, subSessionNew: false, data: visit.data },
      delivery,
    };
  }
  if (checked.request.prompt.includes('none')) ctx.emit(events.authorization.silentlyRequested);
  return nextStep(ctx, {
    client: checked.client,
    request: checked.request,
    requiredSubject: checked.requiredSubject,
    subSession: await browserSession(ctx, visit),
    subSessionPending: false,
    subSessionNew: false,
    authenticated: false,
    fingerprint: visit.fingerprint,
    data: visit.data,
    continued: undefined,
  });
}

/**
 * The session that the browser brings. One of another context is none of a browser's; one that was bound to another user
 * agent has been carried off, and ends.
 */
async function browserSession(ctx: RequestContext, { sid, fingerprint }: Visit): Promise<OpenSession | undefined> {
  const found = await findSession(ctx, sid);
  if (found?.session.ctx !== 'web') return undefined;
  const bound = found.session.fpt;
  if (fingerprint === undefined || bound === undefined || fingerprint === bound) return found;
  await closeSessions(ctx, { key: found.key });
  ctx.emit(events.session.stolen);
  return undefined;
}

/** Takes the result of the subject's authentication. */
export async function authenticated(
  ctx: RequestContext,
  continued: StoredSession,
  given: GivenSession,
): Promise<FlowStep> {
  const { fingerprint } = continued.session;
  const submitted = fingerprint === undefined ? given : { fpt: fingerprint, ...given };
  const standing = await standingOf(ctx, continued);
  const insufficient = shortcoming(standing, submitted);
  if (insufficient) return refuse(ctx, standing, insufficient);
  const renewed = await renew(ctx, standing.subSession, submitted);
  const step = renewed
    ? await nextStep(ctx, { ...standing, subSession: renewed, authenticated: true })
    : await enter(ctx, standing, submitted);
  if (!renewed && standing.subSession) await closeSessions(ctx, { key: standing.subSession.key });
  ctx.emit(events.authorization.authenticated);
  return step;
}

/** Why the authentication is not what the request insists on. */
function shortcoming({ requiredSubject, request }: Standing, { sub, acr }: GivenSession): OAuthError | undefined {
  if (requiredSubject !== undefined && requiredSubject !== sub) {
    return new OAuthError('other-subject', 'the submitted sub differs from required_sub');
  }
  if (request.acrEssential && request.acrValues.length > 0 && !(acr && request.acrValues.includes(acr))) {
    return new OAuthError('unmet-authentication-requirements', 'the submitted acr is not one of the essential ones');
  }
  return undefined;
}

/** The current subject session after the same subject has authenticated again; `undefined` when it needs a new one. */
async function renew(
  ctx: RequestContext,
  current: OpenSession | undefined,
  submitted: GivenSession,
): Promise<OpenSession | undefined> {
  if (current?.session.sub !== submitted.sub) return undefined;
  const { stores, clock } = ctx.provider;
  const session = await stores.subjectSessions.update(current.key, (stored) =>
    renewedSession(stored, submitted, clock.now()),
  );
  return session && { ...current, session };
}

/** Goes on with a new subject session. */
async function enter(ctx: RequestContext, standing: Standing, submitted: GivenSession): Promise<FlowStep> {
  const subSession = nameSession(ctx, newSession(ctx, { ...submitted, ctx: 'web' }));
  const next: Standing = { ...standing, subSession, subSessionNew: true, authenticated: true };
  if (ctx.provider.settingsOf(sessionProperties).onQuotaExhaustion !== 'DENY_NEW_SESSION') {
    return nextStep(ctx, { ...next, subSessionPending: true });
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

/** Takes the subject's consent and answers the client. Throws `invalid-parameter` before the subject has authenticated. */
export async function consent(ctx: RequestContext, continued: StoredSession, given: Consent): Promise<FlowStep> {
  const { state, shown } = continued.session;
  if (state !== 'consent') {
    throw new OAuthError(
      'invalid-parameter',
      'consent in state auth',
      'The subject must be authenticated first: missing sub',
    );
  }
  const standing = await standingOf(ctx, continued);
  const { subSession } = standing;
  if (!subSession) {
    return refuse(ctx, standing, new OAuthError('login-required', 'the subject session has ended meanwhile'));
  }
  const step = await consented(
    ctx,
    { ...standing, subSession },
    shown ?? { all: noAgreement, agreed: noAgreement },
    given,
  );
  ctx.emit(events.authorization.consented);
  return step;
}

/** Ends the request with the error parameters that the login page gives. */
export async function cancelled(
  ctx: RequestContext,
  continued: StoredSession,
  parameters: Readonly<Record<string, string>>,
): Promise<FlowStep> {
  const step = await cancel(ctx, await standingOf(ctx, continued), parameters);
  const { authenticationDenied, consentDenied, cancelled: otherwise } = events.authorization;
  const denied = continued.session.state === 'auth' ? authenticationDenied : consentDenied;
  ctx.emit(parameters['error'] === 'access_denied' ? denied : otherwise);
  return step;
}
