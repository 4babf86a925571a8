import { isOfClientItself } from '../../domain/access-token.ts';
import type { JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { events } from '../../events/catalogue.ts';
import type { HttpReply } from '../../ports/endpoint.ts';
import type { Endpoint, Provider, RequestContext } from '../context.ts';
import { tokenProperties } from '../grants/properties.ts';
import { measured } from '../measured.ts';
import { bearerErrorReply, jsonReply } from '../replies.ts';
import { type BoundToken, protectedResource, type ResourceRule } from '../sender-constraint/protected-resource.ts';

/** The UserInfo endpoint (OpenID Connect Core, section 5.3). */
export function createUserInfoEndpoint(provider: Provider): Endpoint {
  const { successful, invalidToken, insufficientScope, invalidRequest, failed } = events.userInfo;
  const refusals = new Map([
    ['invalid_token', invalidToken],
    ['missing_token', invalidToken],
    ['insufficient_scope', insufficientScope],
  ]);
  const rule: ResourceRule = {
    resource: 'UserInfo',
    formLimit: provider.settingsOf(tokenProperties).httpMaxRequestSize,
    scope: ['openid'],
    audience: new Set([provider.issuer, `${provider.issuer}/userinfo`]),
    audienceRequired: false,
    properties: [],
  };

  const endpoint: Endpoint = async (ctx, request) => {
    try {
      const token = await protectedResource(ctx, request, rule);
      refuseClientItself(token);
      const reply = await userInfo(ctx, token);
      ctx.emit(successful);
      return reply;
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      ctx.emit(refusals.get(error.code) ?? invalidRequest);
      return bearerErrorReply(error);
    }
  };
  return measured(provider.metrics, endpoint, { failure: failed, timer: 'userInfoEndpoint.requestTimer' });
}

/**
 * Claims are an End-User's (OpenID Connect Core, section 5.3), and none stands behind what a client got for itself. 403 and not
 * 401: the token is good, and another one of the same grant would be refused alike, so that the client must not try again
 * (RFC 6750, section 3.1).
 */
function refuseClientItself(token: BoundToken): void {
  if (!isOfClientItself(token)) return;
  throw new OAuthError(
    'insufficient-scope',
    'UserInfo: the access token was issued to the client for itself (client_credentials), expected one for an End-User',
    'The access token is not that of an End-User',
  );
}

async function userInfo(ctx: RequestContext, token: BoundToken): Promise<HttpReply> {
  const { subject: sub, claims: consented, presetUserInfo: preset } = token;
  const names = preset ? consented.filter((name) => !(name in preset)) : consented;
  if (names.length === 0) return jsonReply(preset ? { ...preset, sub } : { sub });
  const claims: JsonObject = await ctx.provider.claims.claimsOf(sub, names, token.claimsLocales, {
    issuer: ctx.provider.issuer,
    transport: 'userinfo',
    clientId: token.clientId,
    scope: token.scope,
    claimsData: token.claimsData,
  });
  return jsonReply({ ...claims, ...preset, sub });
}
