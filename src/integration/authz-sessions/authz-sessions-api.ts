import type { JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import { isSubjectAuthentication, readConsent } from '../../protocol/authorize/consent.ts';
import { checkAuthorizationRequest } from '../../protocol/authorize/pipeline.ts';
import { readQuery } from '../../protocol/authorize/request-sources.ts';
import { deliverError } from '../../protocol/authorize/response-target.ts';
import type { RequestContext } from '../../protocol/context.ts';
import { jsonObjectBody } from '../../protocol/params/json-body.ts';
import { objectMember, stringMember } from '../../protocol/params/members.ts';
import {
  digestMember,
  findSession,
  type GivenSession,
  givenSession,
  nameSession,
  newSession,
  type OpenSession,
  openSession,
  renewedSession,
  sessionAt,
} from '../../protocol/subject-sessions/subject-sessions.ts';
import { errorMessage, responseMessage } from './messages.ts';
import { type Continued, nextStep, refuse, type Standing, succeed } from './steps.ts';

/** Largest body of a call, in bytes. */
const bodyLimit = 262_144;

/** `POST`: takes an authorization request from the login page and answers the first message. */
export async function startSession(ctx: RequestContext, request: HttpRequest): Promise<JsonObject> {
  const { provider } = ctx;
  const body = jsonObjectBody(request, bodyLimit);
  const query = stringMember(body, 'query', bodyLimit);
  if (query === undefined) throw new OAuthError('missing-parameter', 'missing: query', 'Missing query');
  const sid = subSessionId(body);
  const fpt = digestMember(body, 'fpt');
  const data = objectMember(body, 'data');
  provider.metrics.meter('authzEndpoint.requests').mark();

  const parameters = readQuery(query);
  let checked: Awaited<ReturnType<typeof checkAuthorizationRequest>>;
  try {
    checked = await checkAuthorizationRequest(ctx, parameters);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    provider.metrics.meter('authzEndpoint.nonRedirectingErrors').mark();
    ctx.log.info('OP2131', 'Authorization request shown as an error', { error: error.code, cause: error.detail });
    return errorMessage(error, parameters.values);
  }
  if (!checked.ok) {
    provider.metrics.meter('authzEndpoint.invalidRequests').mark();
    ctx.log.info('OP2132', 'Authorization request refused', { error: checked.error.code, cause: checked.error.detail });
    const delivery = deliverError(provider, checked.target, checked.error);
    return responseMessage(provider, delivery, {
      client: checked.target.client,
      subSession: undefined,
      subSessionNew: false,
      data,
    });
  }
  if (checked.request.prompt.includes('none')) provider.metrics.meter('authzEndpoint.silentRequests').mark();
  return nextStep(ctx, {
    client: checked.client,
    request: checked.request,
    requiredSub: checked.requiredSub,
    subSession: await browserSession(ctx, sid, fpt),
    subSessionNew: false,
    authenticated: false,
    fpt,
    data,
    continued: undefined,
  });
}

/** Whatever a browser's cookie holds must not break the flow: anything but a string counts as no session. */
function subSessionId(body: JsonObject): string | undefined {
  const value = body['sub_sid'];
  return typeof value === 'string' ? value : undefined;
}

/**
 * The session that the browser brings. One of another context is none of a browser's; one that was bound to another user
 * agent has been carried off, and ends.
 */
async function browserSession(
  ctx: RequestContext,
  sid: string | undefined,
  fpt: string | undefined,
): Promise<OpenSession | undefined> {
  const found = await findSession(ctx, sid);
  if (found?.session.ctx !== 'web') return undefined;
  const bound = found.session.fpt;
  if (fpt === undefined || bound === undefined || fpt === bound) return found;
  await ctx.provider.stores.subjectSessions.remove(found.key);
  ctx.log.warn('OP2133', 'Subject session ended: its user agent has another fingerprint', {});
  return undefined;
}

/** `PUT`: takes a subject authentication or a consent, told apart by the member `sub`. */
export async function continueSession(ctx: RequestContext, request: HttpRequest): Promise<JsonObject> {
  const continued = await loadSession(ctx, request);
  const body = jsonObjectBody(request, bodyLimit);
  const authentication = isSubjectAuthentication(body);
  const timer = ctx.provider.metrics.timer(`authzEndpoint.${authentication ? 'auth' : 'consent'}Timer`);
  const started = performance.now();
  try {
    return await (authentication ? authenticate : consent)(ctx, continued, body);
  } finally {
    timer.record(performance.now() - started);
  }
}

/** Takes the result of the subject's authentication. */
async function authenticate(ctx: RequestContext, continued: Continued, body: JsonObject): Promise<JsonObject> {
  const { stores, metrics } = ctx.provider;
  const { fpt } = continued.session;
  const submitted = { ...(fpt === undefined ? {} : { fpt }), ...givenSession(ctx, body) };
  const standing = await standingOf(ctx, continued);
  const insufficient = shortcoming(standing, submitted);
  if (insufficient) return refuse(ctx, standing, insufficient);
  const renewed = await renew(ctx, standing.subSession, submitted);
  const message = renewed
    ? await nextStep(ctx, { ...standing, subSession: renewed, authenticated: true })
    : await enter(ctx, standing, submitted);
  if (!renewed && standing.subSession) await stores.subjectSessions.remove(standing.subSession.key);
  metrics.meter('authzEndpoint.successfulSubjectAuthentications').mark();
  return message;
}

/** Why the authentication is not what the request insists on. */
function shortcoming({ requiredSub, request }: Standing, { sub, acr }: GivenSession): OAuthError | undefined {
  if (requiredSub !== undefined && requiredSub !== sub) {
    return new OAuthError('other-subject', 'the submitted sub differs from required_sub');
  }
  if (request.acr_essential && request.acr_values.length > 0 && !(acr && request.acr_values.includes(acr))) {
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
async function enter(ctx: RequestContext, standing: Standing, submitted: GivenSession): Promise<JsonObject> {
  const { stores, settings } = ctx.provider;
  const subSession = nameSession(ctx, newSession(ctx, { ...submitted, ctx: 'web' }));
  const next: Standing = { ...standing, subSession, subSessionNew: true, authenticated: true };
  if (settings.sessions.onQuotaExhaustion !== 'DENY_NEW_SESSION') {
    return nextStep(ctx, { ...next, subSessionPending: true });
  }
  // It may be denied, and closes no other: first the session, then the step.
  await openSession(ctx, subSession);
  try {
    return await nextStep(ctx, next);
  } catch (error) {
    // The loser of a race must not leave a session behind that nobody holds.
    await stores.subjectSessions.remove(subSession.key);
    throw error;
  }
}

/** Takes the subject's consent and answers the client. */
async function consent(ctx: RequestContext, continued: Continued, body: JsonObject): Promise<JsonObject> {
  if (continued.session.state !== 'consent') {
    throw new OAuthError(
      'invalid-parameter',
      'consent in state auth',
      'The subject must be authenticated first: missing sub',
    );
  }
  const given = readConsent(body);
  const standing = await standingOf(ctx, continued);
  const { subSession } = standing;
  if (!subSession) {
    return refuse(ctx, standing, new OAuthError('login-required', 'the subject session has ended meanwhile'));
  }
  const message = await succeed(ctx, { ...standing, subSession }, given);
  ctx.provider.metrics.meter('authzEndpoint.consents').mark();
  return message;
}

/** `GET`: the authorisation session as it stands. */
export async function inspectSession(
  ctx: RequestContext,
  request: HttpRequest,
): Promise<Continued & { standing: Standing }> {
  const continued = await loadSession(ctx, request);
  return { ...continued, standing: await standingOf(ctx, continued) };
}

/** The stored session that the path names. Throws `invalid-session`. */
export async function loadSession(ctx: RequestContext, request: HttpRequest): Promise<Continued> {
  const { identifiers, stores, issuer } = ctx.provider;
  const sid = request.params['sid'] ?? '';
  const checked = identifiers.check('authz-session', sid);
  const found = checked && (await stores.authzSessions.get(checked.key));
  if (!found || found.session.iss !== issuer)
    throw new OAuthError('invalid-session', checked ? 'unknown or expired' : 'not genuine');
  return { sid, key: checked.key, version: found.version, session: found.session };
}

/** Looks up what a stored session refers to. Throws `invalid-session` when its client is gone. */
export async function standingOf(ctx: RequestContext, continued: Continued): Promise<Standing> {
  const { session } = continued;
  const client = await ctx.provider.clients.get(session.request.client_id);
  if (!client) throw new OAuthError('invalid-session', 'the client was removed meanwhile');
  const value = session.sub_session_value;
  return {
    client,
    request: session.request,
    requiredSub: session.required_sub,
    subSession: value === undefined ? undefined : await sessionAt(ctx, value),
    subSessionNew: session.sub_session_new ?? false,
    authenticated: session.authenticated ?? false,
    fpt: session.fpt,
    data: session.data,
    continued,
  };
}
