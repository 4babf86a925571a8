import type { Authorization } from '../../domain/authorization.ts';
import type { IDTokenOrder } from '../../domain/pending-code.ts';
import type { RequestContext } from '../context.ts';
import { idTokenClaims, sessionClaims } from '../issuing/id-token.ts';
import type { ResponseDelivery } from '../response-modes/response-mode.ts';
import type { OpenSession } from '../subject-sessions/subject-sessions.ts';
import type { Granted, GrantedTo } from './granted.ts';
import { deliverResponse } from './response-target.ts';
import type { AuthorizationGrounds } from './response-type.ts';
import { responseTypes } from './response-type.ts';

/** What a successful response is made of. */
export interface Response {
  readonly to: GrantedTo;
  readonly granted: Granted;
  readonly authorization: Authorization;
}

/** Makes the parts of the response type, and lays them into the redirection URI. */
export async function respond(ctx: RequestContext, response: Response): Promise<ResponseDelivery> {
  const { to, granted, authorization } = response;
  const { client, request, session } = to;
  const idToken = idTokenOrder(ctx, response);
  if (idToken) await noteRelyingParty(ctx, session, client.id);
  const grounds: AuthorizationGrounds = { client, request, authorization, idToken };
  const { redirectUri, responseMode, state } = request;
  let parameters: Readonly<Record<string, string>> = granted.responseParams;
  for (const part of ctx.provider.registry.of(responseTypes).get(request.responseType)?.parts ?? []) {
    parameters = { ...parameters, ...(await part.make(ctx, grounds, parameters)) };
  }
  return deliverResponse(ctx, { client, redirectUri, responseMode, state }, parameters);
}

function idTokenOrder(ctx: RequestContext, { to, granted, authorization }: Response): IDTokenOrder | undefined {
  const { request } = to;
  const { session } = to.session;
  if (!granted.idToken.issue || !granted.scope.includes('openid')) return undefined;
  return {
    lifetime: granted.idToken.lifetime,
    nonce: request.nonce,
    authTime: authorization.authTime,
    acr: session.acr,
    amr: session.amr,
    impersonatedSubject: granted.idToken.impersonatedSubject,
    claims: idTokenClaims(granted.claims),
    preset: granted.idToken.preset,
    sessionClaims: sessionClaims(ctx, session),
  };
}

async function noteRelyingParty(ctx: RequestContext, { key, session }: OpenSession, clientId: string): Promise<void> {
  if (session.rps?.includes(clientId)) return;
  await ctx.provider.stores.subjectSessions.update(key, (current) =>
    current.rps?.includes(clientId) ? current : { ...current, rps: [...(current.rps ?? []), clientId] },
  );
}
