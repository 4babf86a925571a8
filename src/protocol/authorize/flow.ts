import { noAgreement } from '../../domain/agreement.ts';
import type { JsonObject } from '../../domain/json.ts';
import { offlineAccess } from '../../domain/scope.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { events } from '../../events/catalogue.ts';
import type { RequestContext } from '../context.ts';
import { type AcceptedRequest, checkAuthorizationRequest } from './accept-request.ts';
import { type BroughtSession, browserSession } from './authenticate.ts';
import { type StoredSession, standingOf } from './authorization-session.ts';
import { readClaimsRequest } from './claims-request.ts';
import type { Consent } from './consent.ts';
import { mayHaveOfflineAccess } from './consent-question.ts';
import { admittedClaims } from './known-names.ts';
import type { RequestParameters } from './request-sources.ts';
import { deliverError } from './response-target.ts';
import { cancel, consented, type FlowStep, nextStep, refuse } from './steps.ts';

/** The first step, or an error for the user's eyes, which must not reach the client. */
export type FlowStart = FlowStep | { readonly type: 'error'; readonly error: OAuthError };

/** What the login page knows of the browser that sent a request. */
export interface Visit extends BroughtSession {
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
  tellOfIgnored(ctx, checked);
  return nextStep(ctx, {
    client: checked.client,
    request: checked.request,
    requiredSubject: checked.requiredSubject,
    subSession: await browserSession(ctx, visit),
    subSessionPending: undefined,
    subSessionNew: false,
    authenticated: false,
    fingerprint: visit.fingerprint,
    data: visit.data,
    continued: undefined,
  });
}

/** What of a request will neither be asked nor granted, for whoever wonders. */
function tellOfIgnored(ctx: RequestContext, { client, request }: AcceptedRequest): void {
  const told = { clientId: client.id };
  if (request.scope.includes(offlineAccess) && !mayHaveOfflineAccess(client)) {
    ctx.emit(events.authorization.offlineAccessIgnored, told);
  }
  const ignored = request.claims ? admittedClaims(ctx.provider, readClaimsRequest(request.claims)).ignored : 0;
  if (ignored > 0) ctx.emit(events.authorization.claimsIgnored, { ...told, ignored });
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
