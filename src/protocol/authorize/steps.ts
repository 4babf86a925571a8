import type { AuthorizationSession, ShownConsent } from '../../domain/authorization-request.ts';
import type { Client } from '../../domain/client.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { NotBefore } from '../../domain/revocation.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { events } from '../../events/catalogue.ts';
import type { RequestContext } from '../context.ts';
import type { ResponseDelivery } from '../response-modes/response-mode.ts';
import type { OpenSession } from '../subject-sessions/subject-sessions.ts';
import { authenticationReason } from './authentication-policy.ts';
import { authorizationSessions, endSession, type Standing } from './authorization-session.ts';
import type { Consent } from './consent.ts';
import { type ConsentQuestion, consentQuestion, type Requested, requestedBy, shownBy } from './consent-question.ts';
import { authorizationOf, type Granted, grantedByConsent, grantedFromMemory } from './granted.ts';
import { authorizeProperties } from './properties.ts';
import { remember } from './remember.ts';
import { respond } from './respond.ts';
import { deliverError, deliverResponse } from './response-target.ts';

/** What the flow asks of the login page, or answers in the end. */
export type FlowStep =
  | { readonly type: 'auth'; readonly standing: Standing; readonly stored: Kept }
  | {
      readonly type: 'consent';
      readonly standing: Authenticated;
      readonly stored: Kept;
      readonly question: ConsentQuestion;
    }
  | { readonly type: 'response'; readonly finale: Finale; readonly delivery: ResponseDelivery };

/** What may accompany a final response. */
export interface Finale {
  readonly client: Client;
  readonly subSession: OpenSession | undefined;
  /** The subject session is new for the browser, whose cookie must be set. */
  readonly subSessionNew: boolean;
  readonly data: JsonObject | undefined;
}

/** Where the subject is known. */
export type Authenticated = Standing & { readonly subSession: OpenSession };

/** The authorisation session as it is stored now. */
export interface Kept {
  readonly sid: string;
  readonly session: AuthorizationSession;
}

/** The next step: authentication, consent, or the response. */
export async function nextStep(ctx: RequestContext, standing: Standing): Promise<FlowStep> {
  const { provider } = ctx;
  const { request, subSession, requiredSubject } = standing;
  if (!standing.authenticated) {
    const reason = authenticationReason(provider, request, subSession?.session, requiredSubject);
    if (reason) {
      ctx.emit(events.authorization.authenticationRequired, { reason });
      if (isSilent(standing)) return refuse(ctx, standing, new OAuthError('login-required', reason));
      const stored = await keep(ctx, standing, 'auth', undefined);
      ctx.emit(events.authorization.authenticationPrompted);
      return { type: 'auth', standing, stored };
    }
  }
  if (!subSession) throw new Error('a subject that has authenticated has a session');
  return askOrRespond(ctx, { ...standing, subSession });
}

function isSilent({ request }: Standing): boolean {
  return request.prompt.includes('none');
}

async function askOrRespond(ctx: RequestContext, standing: Authenticated): Promise<FlowStep> {
  const { provider } = ctx;
  const { client, request, subSession } = standing;
  const key = { subject: subSession.session.sub, actor: '', clientId: client.id };
  const { remembered, notBefore } = await provider.stores.authorizations.find(key);
  const requested = requestedBy(provider, client, request);
  const question = consentQuestion(provider, request, requested, remembered);
  if (remembered && question.reason === undefined) {
    await begin(ctx, standing);
    const granted = grantedFromMemory(requested, remembered);
    return succeed(ctx, standing, { requested, granted, notBefore, shown: undefined });
  }
  ctx.emit(events.authorization.consentRequired, { reason: question.reason });
  // With op.authz.alwaysPromptForConsent the page is asked even when the client wants silence, and can act silently.
  if (isSilent(standing) && !provider.settingsOf(authorizeProperties).alwaysPromptForConsent) {
    return refuse(ctx, standing, new OAuthError('consent-required', question.reason ?? 'consent'));
  }
  const stored = await keep(ctx, standing, 'consent', shownBy(question));
  ctx.emit(events.authorization.consentPrompted);
  return { type: 'consent', standing, stored, question };
}

/** Takes the subject's consent: remembers the answer, and answers the client with what was granted. */
export async function consented(
  ctx: RequestContext,
  standing: Authenticated,
  shown: ShownConsent,
  consent: Consent,
): Promise<FlowStep> {
  const { provider } = ctx;
  const { client, request, subSession } = standing;
  await begin(ctx, standing);
  const { sub } = subSession.session;
  const { impersonatedSubject } = consent;
  const key = { subject: impersonatedSubject ?? sub, actor: impersonatedSubject === undefined ? '' : sub };
  const { notBefore } = await provider.stores.authorizations.find({ ...key, clientId: client.id });
  const requested = requestedBy(provider, client, request);
  const granted = grantedByConsent(provider, requested, shown, consent);
  return succeed(ctx, standing, { requested, granted, notBefore, shown });
}

/**
 * Ends the authorisation session, of concurrent calls exactly once. The one that has won writes the subject session: a new one may
 * close others of the subject, and an authentication makes the identifier before it worthless.
 */
async function begin(ctx: RequestContext, standing: Standing): Promise<void> {
  if (standing.continued) await endSession(ctx, standing.continued);
  await standing.subSessionPending?.();
}

interface Outcome {
  readonly requested: Requested;
  readonly granted: Granted;
  readonly notBefore: NotBefore | undefined;
  /** What a consent prompt has shown, if one was answered. */
  readonly shown: ShownConsent | undefined;
}

async function succeed(ctx: RequestContext, standing: Authenticated, outcome: Outcome): Promise<FlowStep> {
  const { provider } = ctx;
  const { client, request, subSession: session } = standing;
  const { requested, granted, notBefore, shown } = outcome;
  const to = { client, request, session, requested, notBefore };
  const authorization = authorizationOf(provider, to, granted);
  // Both are written in one go where the storage collects writes; neither is handed out before both are kept.
  const [delivery] = await Promise.all([
    respond(ctx, { to, granted, authorization }),
    shown && remember(provider, authorization, { requested, shown, granted }),
  ]);
  if (!standing.authenticated) ctx.emit(events.authorization.answeredWithoutPrompt);
  ctx.emit(events.authorization.answered, { clientId: client.id });
  return { type: 'response', finale: standing, delivery };
}

/** Ends the authorisation session, of concurrent calls exactly once, and answers the client with an error. */
export async function refuse(ctx: RequestContext, standing: Standing, error: OAuthError): Promise<FlowStep> {
  if (standing.continued) await endSession(ctx, standing.continued);
  ctx.emit(events.authorization.refused, {
    clientId: standing.client.id,
    error: error.code,
    cause: error.detail,
  });
  return { type: 'response', finale: standing, delivery: await deliverError(ctx, targetOf(standing), error) };
}

/** Ends the authorisation session with the error parameters that the login page gives. */
export async function cancel(
  ctx: RequestContext,
  standing: Standing,
  parameters: Readonly<Record<string, string>>,
): Promise<FlowStep> {
  if (standing.continued) await endSession(ctx, standing.continued);
  return { type: 'response', finale: standing, delivery: await deliverResponse(ctx, targetOf(standing), parameters) };
}

function targetOf({ client, request: { redirectUri, responseMode, state } }: Standing) {
  return { client, redirectUri, responseMode, state };
}

/** Stores where the request stands: a new session, or the next version of the one that is continued. */
async function keep(
  ctx: RequestContext,
  standing: Standing,
  state: AuthorizationSession['state'],
  shown: ShownConsent | undefined,
): Promise<Kept> {
  const { stores, identifiers, clock, settingsOf, issuer } = ctx.provider;
  const { continued } = standing;
  const session: AuthorizationSession = {
    issuer,
    createdAt: continued?.session.createdAt ?? clock.now(),
    state,
    request: standing.request,
    requiredSubject: standing.requiredSubject,
    subSessionValue: standing.subSession?.value,
    fingerprint: standing.fingerprint,
    subSessionNew: standing.subSessionNew,
    authenticated: standing.authenticated,
    shown,
    data: standing.data,
  };
  const records = stores.records(authorizationSessions);
  if (continued) {
    const moved = await records.replace(continued.key, continued.version, session);
    if (!moved) throw new OAuthError('concurrent-change', 'another request moved the authorisation session on');
    await standing.subSessionPending?.();
    return { sid: continued.sid, session };
  }
  const { identifier, key } = identifiers.issue('authz-session');
  await records.create(key, session, clock.now() + settingsOf(authorizeProperties).sessionLifetime * 60);
  ctx.emit(events.authorization.sessionStarted, { clientId: standing.client.id, state });
  return { sid: identifier, session };
}
