import type { JsonObject } from '../../domain/json.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import { createApiTokenGuard } from '../../protocol/bearer.ts';
import type { Endpoint, Provider, RequestContext, Route } from '../../protocol/context.ts';
import { measured } from '../../protocol/measured.ts';
import { emptyReply, jsonReply } from '../../protocol/replies.ts';
import { changeData, continueSession, showData, showSession, startSession } from './authz-sessions-api.ts';
import { cancelSession } from './cancel.ts';

const base = '/authz-sessions/rest/v3';

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
    { method: 'GET', path: `${base}/{sid}/data`, endpoint: answer(showData) },
    { method: 'PUT', path: `${base}/{sid}/data`, endpoint: guarded(dataEndpoint) },
    { method: 'DELETE', path: `${base}/{sid}/data`, endpoint: guarded(dataEndpoint) },
  ];
}

const dataEndpoint: Endpoint = async (ctx, request) => {
  await changeData(ctx, request);
  return emptyReply(204);
};
