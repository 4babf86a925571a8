import type { AccessToken } from '../../domain/access-token.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import { bearerToken } from '../bearer.ts';
import {
  authenticateClient,
  ClientAuthenticationError,
  clientAuthenticationReply,
} from '../client-auth/authenticate-client.ts';
import type { Provider, RequestContext, Route } from '../context.ts';
import { verifyAccessToken } from '../issuing/verify-access-token.ts';
import { measured } from '../measured.ts';
import { formParams, type Params, required } from '../params/form.ts';
import { bearerErrorReply, errorReply, jsonReply, noStoreJson } from '../replies.ts';
import { introspectionEndpoint, introspectionScope } from '../reserved-scope.ts';

const inactive: HttpReply = Object.freeze({ status: 200, headers: noStoreJson, body: '{"active":false}' });

/** Token introspection (RFC 7662): by clients registered for `client_credentials`, or with a bearer token for it. */
export function createIntrospectionRoutes(provider: Provider): readonly Route[] {
  const meter = (name: string) => provider.metrics.meter(`introspectionEndpoint.${name}`);
  const active = meter('activeTokenResponses');
  const inactiveMeter = meter('inactiveTokenResponses');
  const invalidRequests = meter('invalidRequests');
  const invalidClients = meter('invalidClientErrors');
  const prune = provider.settings.token.pruneAudience;

  const endpoint = async (ctx: RequestContext, request: HttpRequest): Promise<HttpReply> => {
    try {
      const params = formParams(request, provider.settings.token.httpMaxRequestSize);
      const caller = await authenticateCaller(ctx, request, params);
      const token = await verifyAccessToken(ctx, required(params, 'token'));
      if (!token) {
        inactiveMeter.mark();
        return inactive;
      }
      active.mark();
      return jsonReply(introspection(token, caller, prune));
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      if (error instanceof ClientAuthenticationError) {
        invalidClients.mark();
        return clientAuthenticationReply(error);
      }
      invalidRequests.mark();
      return error.code === 'invalid_token' || error.code === 'insufficient_scope'
        ? bearerErrorReply(error)
        : errorReply(error);
    }
  };
  const timed = measured(provider.metrics, 'introspectionEndpoint', endpoint, 'requestTimer');
  return [{ method: 'POST', path: '/token/introspect', endpoint: timed }];
}

/** The ID of the client that asks. */
async function authenticateCaller(ctx: RequestContext, request: HttpRequest, params: Params): Promise<string> {
  const bearer = bearerToken(request);
  if (bearer !== undefined) return callerByToken(ctx, bearer);
  const { client } = await authenticateClient(ctx, request, params, 'OP6512');
  if (!client.confidential || !client.grantTypes.has('client_credentials')) {
    const clientAuthId = ctx.provider.random.text(12);
    const detail = 'introspection needs a confidential client that is registered for client_credentials (grant_types)';
    ctx.log.info('OP6512', 'Client may not introspect', { clientId: client.id, cause: detail, clientAuthId });
    throw new ClientAuthenticationError({
      detail,
      clientAuthId,
      basic: request.headers['authorization'] !== undefined,
    });
  }
  return client.id;
}

async function callerByToken(ctx: RequestContext, bearer: string): Promise<string> {
  const token = await verifyAccessToken(ctx, bearer);
  if (!token) throw new OAuthError('invalid-token', 'the bearer token of the caller is not valid');
  const endpoint = introspectionEndpoint(ctx.provider.issuer);
  if (!token.scope.includes(introspectionScope) && !token.scope.includes(endpoint)) {
    throw new OAuthError('insufficient-scope', `the scope must include ${introspectionScope} or ${endpoint}`);
  }
  return token.clientId;
}

/** The introspection response (RFC 7662, section 2.2). Absent members vanish when written as JSON. */
function introspection(token: AccessToken, caller: string, prune: boolean) {
  return {
    ...token.extra,
    active: true,
    iss: token.issuer,
    sub: token.subject,
    client_id: token.clientId,
    scope: token.scope.length === 0 ? undefined : token.scope.join(' '),
    token_type: 'Bearer',
    iat: token.issuedAt,
    exp: token.expiresAt,
    jti: token.id,
    aud: shownAudience(token.audience, caller, prune),
    act: token.actor === undefined ? undefined : { sub: token.actor },
    cnf: token.confirmation,
    auth_time: token.authTime,
    acr: token.acr,
    amr: token.amr,
    clm: present(token.claims),
    cll: present(token.claimsLocales),
    cld: token.claimsData,
    uip: token.presetUserInfo,
    dat: token.data,
  };
}

function present(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** A client learns that it is meant, not who else is. */
function shownAudience(audience: readonly string[], caller: string, prune: boolean): readonly string[] | undefined {
  if (audience.length === 0) return undefined;
  if (!prune) return audience;
  if (audience.includes(caller)) return [caller];
  return audience.length === 1 ? audience : undefined;
}
