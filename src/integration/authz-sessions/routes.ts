import type { JsonObject } from '../../domain/json.ts';
import { isJsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import { createApiTokenGuard } from '../../protocol/bearer.ts';
import type { Endpoint, Provider, RequestContext, Route } from '../../protocol/context.ts';
import { measured } from '../../protocol/measured.ts';
import { jsonObjectBody } from '../../protocol/params/json-body.ts';
import { emptyReply, jsonReply } from '../../protocol/replies.ts';
import { sessionView } from '../../protocol/subject-sessions/subject-sessions.ts';
import { continueSession, inspectSession, loadSession, startSession } from './authz-sessions-api.ts';
import { cancelSession } from './cancel.ts';
import { requestView } from './messages.ts';

const base = '/authz-sessions/rest/v3';

/** Characters of the custom data that a session keeps. */
const maxDataLength = 16_384;

/** The authorisation session web API: how a login page has an authorization request served. */
export function createAuthzSessionRoutes(provider: Provider): readonly Route[] {
  const guard = createApiTokenGuard(provider.settings.authorize.apiTokens, 'op.authz.apiAccessTokenSHA256');
  const guarded = (endpoint: Endpoint, timer?: string): Endpoint => {
    const afterCheck: Endpoint = (ctx, request) => {
      guard(ctx, request);
      return endpoint(ctx, request);
    };
    return measured(provider.metrics, 'authzEndpoint', afterCheck, timer);
  };
  const answer = (call: (ctx: RequestContext, request: HttpRequest) => Promise<JsonObject>, timer?: string): Endpoint =>
    guarded(async (ctx, request) => jsonReply(await call(ctx, request)), timer);
  return [
    { method: 'POST', path: base, endpoint: answer(startSession, 'startTimer') },
    { method: 'GET', path: `${base}/{sid}`, endpoint: answer(showSession) },
    { method: 'PUT', path: `${base}/{sid}`, endpoint: answer(continueSession) },
    { method: 'DELETE', path: `${base}/{sid}`, endpoint: answer(cancelSession) },
    {
      method: 'GET',
      path: `${base}/{sid}/data`,
      endpoint: answer(async (ctx, request) => (await loadSession(ctx, request)).session.data ?? {}),
    },
    {
      method: 'PUT',
      path: `${base}/{sid}/data`,
      endpoint: guarded((ctx, request) => writeData(ctx, request, dataFrom(request))),
    },
    {
      method: 'DELETE',
      path: `${base}/{sid}/data`,
      endpoint: guarded((ctx, request) => writeData(ctx, request, undefined)),
    },
  ];
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
