import type { JsonObject } from '../../domain/json.ts';
import type { SubjectSession } from '../../domain/subject-session.ts';
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
  findSession,
  type OpenSession,
  openSession,
  sessionAt,
  sessionFrom,
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
    subSession: await findSession(ctx, sid),
    subSessionNew: false,
    authenticated: false,
    data,
    continued: undefined,
  });
}

/** Whatever a browser's cookie holds must not break the flow: anything but a string counts as no session. */
function subSessionId(body: JsonObject): string | undefined {
  const value = body['sub_sid'];
  return typeof value === 'string' ? value : undefined;
}

/** `PUT`: takes a subject authentication or a consent, told apart by the member `sub`. */
export async function continueSession(ctx: RequestContext, request: HttpRequest): Promise<JsonObject> {
  const continued = await loadSession(ctx, request);
  const body = jsonObjectBody(request, bodyLimit);
  if (isSubjectAuthentication(body)) return authenticate(ctx, continued, body);
  if (continued.session.state !== 'consent') {
    throw new OAuthError(
      'invalid-parameter',
      'consent in state auth',
      'The subject must be authenticated first: missing sub',
    );
  }
  return consent(ctx, continued, body);
}

/** Takes the result of the subject's authentication. */
async function authenticate(ctx: RequestContext, continued: Continued, body: JsonObject): Promise<JsonObject> {
  const { provider } = ctx;
  const submitted = sessionFrom(ctx, body);
  const standing = await standingOf(ctx, continued);
  if (standing.requiredSub !== undefined && standing.requiredSub !== submitted.sub) {
    return refuse(ctx, standing, new OAuthError('other-subject', 'the submitted sub differs from required_sub'));
  }
  const session = await enterSession(ctx, standing.subSession, { ...submitted, ctx: 'web' });
  try {
    const message = await nextStep(ctx, {
      ...standing,
      subSession: session.open,
      subSessionNew: session.isNew || standing.subSessionNew,
      authenticated: true,
    });
    if (session.replaced) await provider.stores.subjectSessions.remove(session.replaced.key);
    provider.metrics.meter('authzEndpoint.successfulSubjectAuthentications').mark();
    return message;
  } catch (error) {
    // The loser of a race must not leave a session behind that nobody holds.
    if (session.isNew) await provider.stores.subjectSessions.remove(session.open.key);
    throw error;
  }
}

/** Renews the current subject session for the same subject, or opens a new one. */
async function enterSession(ctx: RequestContext, current: OpenSession | undefined, submitted: SubjectSession) {
  if (current && current.session.sub === submitted.sub) {
    const updated = await ctx.provider.stores.subjectSessions.update(current.key, (stored) => ({
      ...submitted,
      creation_time: stored.creation_time,
      ...(stored.rps === undefined ? {} : { rps: stored.rps }),
    }));
    if (updated) return { open: { ...current, session: updated }, isNew: false, replaced: undefined };
  }
  return { open: await openSession(ctx, submitted), isNew: true, replaced: current };
}

/** Takes the subject's consent and answers the client. */
async function consent(ctx: RequestContext, continued: Continued, body: JsonObject): Promise<JsonObject> {
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
    data: session.data,
    continued,
  };
}
