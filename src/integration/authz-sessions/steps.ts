import type { AuthorizationRequest, AuthorizationSession } from '../../domain/authorization-request.ts';
import type { Client } from '../../domain/client.ts';
import type { JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { type Consent, rememberedConsent } from '../../protocol/authorize/consent.ts';
import { authenticationReason, consentQuestion, consentReason } from '../../protocol/authorize/prompt-policy.ts';
import { respondWithCode } from '../../protocol/authorize/respond.ts';
import { deliverError } from '../../protocol/authorize/response-target.ts';
import type { RequestContext } from '../../protocol/context.ts';
import { type OpenSession, openSession } from '../../protocol/subject-sessions/subject-sessions.ts';
import { authMessage, consentMessage, responseMessage } from './messages.ts';

/** Where an authorization request stands: what the next step is decided from. */
export interface Standing {
  readonly client: Client;
  readonly request: AuthorizationRequest;
  readonly requiredSub: string | undefined;
  readonly subSession: OpenSession | undefined;
  /** The subject session has its names, and is still to be opened: by whichever of concurrent calls moves on. */
  readonly subSessionPending?: boolean;
  /** The subject session was created within this authorisation session. */
  readonly subSessionNew: boolean;
  /** The subject has authenticated within this authorisation session. */
  readonly authenticated: boolean;
  /** Fingerprint of the user agent, where the login page tells it. */
  readonly fpt: string | undefined;
  readonly data: JsonObject | undefined;
  /** The stored authorisation session that this step continues; `undefined` at the start. */
  readonly continued: Continued | undefined;
}

/** A stored authorisation session, to be moved on by exactly one of concurrent calls. */
export interface Continued {
  readonly sid: string;
  readonly key: string;
  readonly version: number;
  readonly session: AuthorizationSession;
}

/** The message of the next step: authentication, consent, or the response. */
export async function nextStep(ctx: RequestContext, standing: Standing): Promise<JsonObject> {
  const { provider } = ctx;
  const silent = standing.request.prompt.includes('none');
  if (!standing.authenticated) {
    const reason = authenticationReason(provider, standing.request, standing.subSession?.session, standing.requiredSub);
    if (reason) {
      ctx.log.debug('OP2130', 'Authentication is required', { reason });
      if (silent) return refuse(ctx, standing, new OAuthError('login-required', reason));
      return promptForAuthentication(ctx, standing);
    }
  }
  const { subSession } = standing;
  if (!subSession) throw new Error('a subject that has authenticated has a session');
  return askOrRespond(ctx, { ...standing, subSession }, silent);
}

type Authenticated = Standing & { readonly subSession: OpenSession };

async function askOrRespond(ctx: RequestContext, standing: Authenticated, silent: boolean): Promise<JsonObject> {
  const { provider } = ctx;
  const { client, request, subSession } = standing;
  const stored = await provider.stores.authorizations.get({ sub: subSession.session.sub, act: '', cid: client.id });
  const question = consentQuestion(provider, client, request, stored);
  const reason = consentReason(provider, request, question, stored);
  if (stored && !reason) return succeed(ctx, standing, rememberedConsent(stored));
  ctx.log.debug('OP2130', 'Consent is required', { reason });
  // With op.authz.alwaysPromptForConsent the page is asked even when the client wants silence, and can act silently.
  if (silent && !provider.settings.authorize.alwaysPromptForConsent) {
    return refuse(ctx, standing, new OAuthError('consent-required', reason ?? 'consent'));
  }
  const { sid, session } = await keep(ctx, standing, 'consent');
  provider.metrics.meter('authzEndpoint.consentPrompts').mark();
  return consentMessage({ provider, client, sid, session }, subSession, question);
}

async function promptForAuthentication(ctx: RequestContext, standing: Standing): Promise<JsonObject> {
  const { provider } = ctx;
  const { sid, session } = await keep(ctx, standing, 'auth');
  provider.metrics.meter('authzEndpoint.authPrompts').mark();
  return authMessage({ provider, client: standing.client, sid, session }, standing.subSession);
}

/** Stores where the request stands: a new session, or the next version of the one that is continued. */
async function keep(ctx: RequestContext, standing: Standing, state: AuthorizationSession['state']) {
  const { stores, identifiers, clock, settings, issuer } = ctx.provider;
  const { continued } = standing;
  const session: AuthorizationSession = {
    iss: issuer,
    creation_time: continued?.session.creation_time ?? clock.now(),
    state,
    request: standing.request,
    ...(standing.requiredSub === undefined ? {} : { required_sub: standing.requiredSub }),
    ...(standing.subSession === undefined ? {} : { sub_session_value: standing.subSession.value }),
    sub_session_new: standing.subSessionNew,
    authenticated: standing.authenticated,
    ...(standing.fpt === undefined ? {} : { fpt: standing.fpt }),
    ...(standing.data === undefined ? {} : { data: standing.data }),
  };
  if (continued) {
    const moved = await stores.authzSessions.advance(continued.key, continued.version, session);
    if (!moved) throw new OAuthError('concurrent-change', 'another request moved the authorisation session on');
    await openPending(ctx, standing);
    return { sid: continued.sid, session };
  }
  const { identifier, key } = identifiers.issue('authz-session');
  await stores.authzSessions.create(key, session, clock.now() + settings.authorize.sessionLifetime * 60);
  ctx.log.info('OP2101', 'Authorisation session started', { clientId: standing.client.id, state });
  return { sid: identifier, session };
}

/** Opening a session may close others of the subject, so that it is left to the one call that has won. */
async function openPending(ctx: RequestContext, { subSession, subSessionPending }: Standing): Promise<void> {
  if (subSession && subSessionPending) await openSession(ctx, subSession);
}

/** Ends the authorisation session, of concurrent calls exactly once, and answers the client with what was granted. */
export async function succeed(ctx: RequestContext, standing: Authenticated, consent: Consent): Promise<JsonObject> {
  await complete(ctx, standing.continued);
  await openPending(ctx, standing);
  const { client, request, subSession } = standing;
  const delivery = await respondWithCode(ctx, { client, request, session: subSession, consent });
  const { metrics } = ctx.provider;
  metrics.meter('authzEndpoint.successfulResponses').mark();
  if (!standing.authenticated) metrics.meter('authzEndpoint.ssoResponses').mark();
  ctx.log.info('OP2103', 'Authorisation request answered', { clientId: client.id });
  return responseMessage(ctx.provider, delivery, { ...standing, client });
}

/** Ends the authorisation session, of concurrent calls exactly once, and answers the client with an error. */
export async function refuse(ctx: RequestContext, standing: Standing, error: OAuthError): Promise<JsonObject> {
  await complete(ctx, standing.continued);
  const { request } = standing;
  ctx.log.info('OP2103', 'Authorisation request refused', {
    clientId: standing.client.id,
    error: error.code,
    cause: error.detail,
  });
  const delivery = deliverError(
    ctx.provider,
    { redirectUri: request.redirect_uri, responseMode: request.response_mode, state: request.state },
    error,
  );
  return responseMessage(ctx.provider, delivery, standing);
}

async function complete(ctx: RequestContext, continued: Continued | undefined): Promise<void> {
  if (!continued) return;
  if (await ctx.provider.stores.authzSessions.complete(continued.key, continued.version)) return;
  throw new OAuthError('concurrent-change', 'another request moved the authorisation session on or ended it');
}
