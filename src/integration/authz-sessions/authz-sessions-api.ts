import type { JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import { authenticated } from '../../protocol/authorize/authenticate.ts';
import {
  loadSession,
  type StoredSession,
  standingOf,
  writeData,
} from '../../protocol/authorize/authorization-session.ts';
import { isSubjectAuthentication, readConsent } from '../../protocol/authorize/consent.ts';
import { consent, startFlow } from '../../protocol/authorize/flow.ts';
import { requestView } from '../../protocol/authorize/parameters.ts';
import { readQuery } from '../../protocol/authorize/request-sources.ts';
import type { RequestContext } from '../../protocol/context.ts';
import { jsonObjectBody } from '../../protocol/params/json-body.ts';
import { objectMember, stringMember } from '../../protocol/params/members.ts';
import { digestMember, givenSession, sessionView } from '../../protocol/subject-sessions/subject-sessions.ts';
import { bodyLimit } from '../body-limit.ts';
import { errorMessage, messageOf } from './messages.ts';

/** Characters of the custom data that a session keeps. */
export const maxDataLength = 16_384;

/** `POST`: takes an authorization request from the login page and answers the first message. */
export async function startSession(ctx: RequestContext, request: HttpRequest): Promise<JsonObject> {
  const body = jsonObjectBody(request, bodyLimit);
  const query = stringMember(body, 'query', bodyLimit);
  if (query === undefined) throw new OAuthError('missing-parameter', 'missing: query', 'Missing query');
  const visit = {
    sid: subSessionId(body),
    fingerprint: digestMember(body, 'fpt'),
    data: objectMember(body, 'data'),
  };
  const parameters = readQuery(query);
  const step = await startFlow(ctx, parameters, visit);
  return step.type === 'error' ? errorMessage(step.error, parameters.values) : messageOf(ctx.provider, step);
}

/** Whatever a browser's cookie holds must not break the flow: anything but a string counts as no session. */
function subSessionId(body: JsonObject): string | undefined {
  const value = body['sub_sid'];
  return typeof value === 'string' ? value : undefined;
}

/** `PUT`: takes a subject authentication or a consent, told apart by the member `sub`. */
export async function continueSession(ctx: RequestContext, request: HttpRequest): Promise<JsonObject> {
  const { provider } = ctx;
  const continued = await namedSession(ctx, request);
  const body = jsonObjectBody(request, bodyLimit);
  const authentication = isSubjectAuthentication(body);
  const timer = provider.metrics.timer(`authzEndpoint.${authentication ? 'auth' : 'consent'}Timer`);
  const started = performance.now();
  try {
    const step = authentication
      ? await authenticated(ctx, continued, givenSession(ctx, body), subSessionId(body))
      : await consent(ctx, continued, readConsent(body));
    return messageOf(provider, step);
  } finally {
    timer.record(performance.now() - started);
  }
}

/** `GET`: the authorisation session as it stands. */
export async function showSession(ctx: RequestContext, request: HttpRequest): Promise<JsonObject> {
  const stored = await namedSession(ctx, request);
  const { subSession } = await standingOf(ctx, stored);
  const { sid, session } = stored;
  return {
    sid,
    iss: session.issuer,
    creation_time: session.createdAt,
    state: session.state,
    auth_req: requestView(session.request),
    sub_session: subSession && sessionView(subSession),
    data: session.data,
  };
}

/** `GET` of the custom data. */
export async function showData(ctx: RequestContext, request: HttpRequest): Promise<JsonObject> {
  return (await namedSession(ctx, request)).session.data ?? {};
}

/** `PUT` and `DELETE` of the custom data. */
export async function changeData(ctx: RequestContext, request: HttpRequest): Promise<void> {
  const data = request.method === 'DELETE' ? undefined : jsonObjectBody(request, bodyLimit);
  if (data !== undefined && JSON.stringify(data).length > maxDataLength) {
    throw new OAuthError('invalid-parameter', `data of more than ${maxDataLength} characters`, 'The data is too large');
  }
  await writeData(ctx, await namedSession(ctx, request), data);
}

/** The stored session that the path names. Throws `invalid-session`. */
export function namedSession(ctx: RequestContext, request: HttpRequest): Promise<StoredSession> {
  return loadSession(ctx, request.params['sid'] ?? '');
}
