import type { JsonObject } from '../../domain/json.ts';
import { isJsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import { authorizeProperties } from '../../protocol/authorize/properties.ts';
import type { Endpoint, RequestContext, Route } from '../../protocol/context.ts';
import { byApiToken } from '../../protocol/features/access.ts';
import { json } from '../../protocol/features/body-shape.ts';
import type { RouteDeclaration } from '../../protocol/features/feature.ts';
import { measured } from '../../protocol/measured.ts';
import { jsonObjectBody } from '../../protocol/params/json-body.ts';
import { emptyReply, jsonReply } from '../../protocol/replies.ts';
import { sessionView } from '../../protocol/subject-sessions/subject-sessions.ts';
import { continueSession, inspectSession, loadSession, startSession } from './authz-sessions-api.ts';
import { cancelSession } from './cancel.ts';
import { requestView } from './messages.ts';

/** Where the web API is. */
export const authzSessionsPlace = '/authz-sessions/rest/v3';

/** A message to the login page: `auth`, `consent`, `response` or `error`. */
const message = json({ type: 'string', sid: 'string?' });

/** Characters of the custom data that a session keeps. */
const maxDataLength = 16_384;

/** The authorisation session web API: how a login page has an authorization request served. */
export const authzSessionRoutes: readonly RouteDeclaration[] = [
  {
    ...route('POST', '', 'Start to serve an authorization request'),
    request: json({ query: 'string', sub_sid: 'string?' }),
    response: message,
    endpoint: answering(startSession, 'startTimer'),
  },
  {
    ...route('GET', '/{sid}', 'Inspect; put the subject, then the consent; cancel'),
    response: json({ sid: 'string', iss: 'string', creation_time: 'number', state: 'string', auth_req: 'object' }),
    endpoint: answering(showSession),
  },
  {
    ...route('PUT', '/{sid}', 'Inspect; put the subject, then the consent; cancel'),
    request: json(),
    response: message,
    endpoint: answering(continueSession),
  },
  {
    ...route('DELETE', '/{sid}', 'Inspect; put the subject, then the consent; cancel'),
    query: { error: 'string?', error_description: 'string?' },
    response: message,
    endpoint: answering(cancelSession),
  },
  {
    ...route('GET', '/{sid}/data', 'Custom data of the session'),
    response: json(),
    endpoint: answering(async (ctx, request) => (await loadSession(ctx, request)).session.data ?? {}),
  },
  {
    ...route('PUT', '/{sid}/data', 'Custom data of the session'),
    request: json(),
    endpoint: counting((ctx, request) => writeData(ctx, request, dataFrom(request))),
  },
  {
    ...route('DELETE', '/{sid}/data', 'Custom data of the session'),
    endpoint: counting((ctx, request) => writeData(ctx, request, undefined)),
  },
];

function route(method: Route['method'], path: string, purpose: string) {
  const access = byApiToken(authorizeProperties);
  return { method, path: `${authzSessionsPlace}${path}`, purpose, access };
}

function counting(endpoint: Endpoint, timer?: string): RouteDeclaration['endpoint'] {
  return ({ metrics }) => measured(metrics, 'authzEndpoint', endpoint, timer);
}

function answering(
  call: (ctx: RequestContext, request: HttpRequest) => Promise<JsonObject>,
  timer?: string,
): RouteDeclaration['endpoint'] {
  return counting(async (ctx, request) => jsonReply(await call(ctx, request)), timer);
}

async function showSession(ctx: RequestContext, request: HttpRequest): Promise<JsonObject> {
  const { sid, session, standing } = await inspectSession(ctx, request);
  return {
    sid,
    iss: session.iss,
    creation_time: session.creation_time,
    state: session.state,
    auth_req: requestView(session.request),
    sub_session: standing.subSession && sessionView(standing.subSession),
    data: session.data,
  };
}

function dataFrom(request: HttpRequest): JsonObject {
  const data = jsonObjectBody(request, 262_144);
  if (!isJsonObject(data) || JSON.stringify(data).length > maxDataLength) {
    throw new OAuthError('invalid-parameter', `data of more than ${maxDataLength} characters`, 'The data is too large');
  }
  return data;
}

async function writeData(ctx: RequestContext, request: HttpRequest, data: JsonObject | undefined) {
  const { key, version, session } = await loadSession(ctx, request);
  const { data: _old, ...rest } = session;
  const next = data === undefined ? rest : { ...rest, data };
  if (!(await ctx.provider.stores.authzSessions.advance(key, version, next))) {
    throw new OAuthError('concurrent-change', 'another request changed the authorisation session');
  }
  return emptyReply(204);
}
