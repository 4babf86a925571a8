import type { AccessToken } from '../../domain/access-token.ts';
import type { Client } from '../../domain/client.ts';
import { nonEmpty } from '../../domain/lists.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { events } from '../../events/catalogue.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import { createClientAuthentication } from '../client-auth/authenticate-client.ts';
import { ClientAuthenticationError } from '../client-auth/client-authentication-error.ts';
import { clientEndpoint } from '../client-auth/client-endpoint.ts';
import type { Endpoint, Provider, RequestContext } from '../context.ts';
import { tokenProperties } from '../grants/properties.ts';
import { verifyAccessToken } from '../issuing/verify-access-token.ts';
import { type Form, required, strictForm } from '../params/form.ts';
import { jsonReply, noStoreJson } from '../replies.ts';
import { introspectionEndpoint, introspectionScope } from '../reserved-scope.ts';
import { presentedToken } from '../sender-constraint/presented-token.ts';
import { protectedResource, type ResourceRule } from '../sender-constraint/protected-resource.ts';

const inactive: HttpReply = Object.freeze({ status: 200, headers: noStoreJson, body: '{"active":false}' });

/** Token introspection (RFC 7662): by clients registered for `client_credentials`, or with an access token for it. */
export function createIntrospectionEndpoint(provider: Provider): Endpoint {
  const { failed, ...told } = events.introspection;
  const prune = provider.settingsOf(tokenProperties).pruneAudience;

  return clientEndpoint<string>(provider, {
    failure: failed,
    timer: 'introspectionEndpoint.requestTimer',
    form: strictForm,
    authenticate: authenticateCaller(provider),
    async serve(ctx, { caller, form }) {
      // Looked at for others, who see its `cnf` and enforce it themselves.
      const token = await verifyAccessToken(ctx, required(form.params, 'token'));
      if (!token) {
        ctx.emit(told.inactive);
        return inactive;
      }
      ctx.emit(told.active);
      return jsonReply(introspection(token, caller, prune));
    },
    refused: (ctx, { code }) => ctx.emit(code === 'invalid_client' ? told.invalidClient : told.invalidRequest),
  });
}

/** Who introspects, by access token or as a client: answers the client ID. */
function authenticateCaller(provider: Provider) {
  const authenticate = createClientAuthentication(provider, events.introspection.clientAuthenticationFailed);
  const rule: ResourceRule = {
    resource: 'introspection',
    formLimit: undefined,
    scope: [introspectionScope, introspectionEndpoint(provider.issuer)],
    audience: undefined,
    audienceRequired: false,
    properties: [],
  };
  return async (ctx: RequestContext, request: HttpRequest, form: Form): Promise<string> => {
    if (presentedToken(ctx, request, undefined)) return (await protectedResource(ctx, request, rule)).clientId;
    const { client } = await authenticate(ctx, request, form.params);
    if (client.confidential && client.grantTypes.has('client_credentials')) return client.id;
    throw mayNotIntrospect(ctx, client);
  };
}

/** Whoever has only named itself has still to authenticate; whoever did is told that it may not. */
function mayNotIntrospect(ctx: RequestContext, client: Client): OAuthError {
  const clientAuthId = ctx.provider.random.text(12);
  const detail = client.confidential
    ? 'the client is not registered for client_credentials (grant_types), which introspection needs'
    : 'a public client has not authenticated (token_endpoint_auth_method), which introspection needs';
  ctx.emit(events.introspection.clientNotAllowed, { clientId: client.id, cause: detail, clientAuthId });
  return client.confidential
    ? new OAuthError('introspection-not-allowed', detail)
    : new ClientAuthenticationError({ detail, clientAuthId });
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
    clm: nonEmpty(token.claims),
    cll: nonEmpty(token.claimsLocales),
    cld: token.claimsData,
    uip: token.presetUserInfo,
    dat: token.data,
  };
}

/** A client learns that it is meant, not who else is. */
function shownAudience(audience: readonly string[], caller: string, prune: boolean): readonly string[] | undefined {
  if (audience.length === 0) return undefined;
  if (!prune) return audience;
  if (audience.includes(caller)) return [caller];
  return audience.length === 1 ? audience : undefined;
}
