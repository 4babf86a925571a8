import type { JsonObject } from '../../domain/json.ts';
import { events } from '../../events/catalogue.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import { authorizeProperties } from '../../protocol/authorize/properties.ts';
import type { Endpoint, RequestContext, Route } from '../../protocol/context.ts';
import { byApiToken } from '../../protocol/features/access.ts';
import { json } from '../../protocol/features/body-shape.ts';
import type { RouteDeclaration } from '../../protocol/features/feature.ts';
import { measured } from '../../protocol/measured.ts';
import { emptyReply, jsonReply } from '../../protocol/replies.ts';
import { changeData, continueSession, showData, showSession, startSession } from './authz-sessions-api.ts';
import { cancelSession } from './cancel.ts';

/** Where the web API is. */
export const authzSessionsPlace = '/authz-sessions/rest/v3';

/** A message to the login page: `auth`, `consent`, `response` or `error`. */
const message = json({ type: 'string', sid: 'string?' });

/** The authorisation session web API: how a login page has an authorization request served. */
export const authzSessionRoutes: readonly RouteDeclaration[] = [
  {
    ...route('POST', '', 'Start to serve an authorization request'),
    request: json({ query: 'string', sub_sid: 'string?' }),
    response: message,
    endpoint: answering(startSession, 'authzEndpoint.startTimer'),
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
    endpoint: answering(showData),
  },
  {
    ...route('PUT', '/{sid}/data', 'Custom data of the session'),
    request: json(),
    endpoint: counting(setData),
  },
  {
    ...route('DELETE', '/{sid}/data', 'Custom data of the session'),
    endpoint: counting(setData),
  },
];

function route(method: Route['method'], path: string, purpose: string) {
  const access = byApiToken(authorizeProperties);
  return { method, path: `${authzSessionsPlace}${path}`, purpose, access };
}

function counting(endpoint: Endpoint, timer?: string): RouteDeclaration['endpoint'] {
  return ({ metrics }) => measured(metrics, endpoint, { failure: events.authorization.failed, timer });
}

function answering(
  call: (ctx: RequestContext, request: HttpRequest) => Promise<JsonObject>,
  timer?: string,
): RouteDeclaration['endpoint'] {
  return counting(async (ctx, request) => jsonReply(await call(ctx, request)), timer);
}

async function setData(ctx: RequestContext, request: HttpRequest): Promise<HttpReply> {
  await changeData(ctx, request);
  return emptyReply(204);
}
