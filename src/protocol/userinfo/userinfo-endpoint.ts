import type { JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpReply } from '../../ports/endpoint.ts';
import type { Endpoint, Provider, RequestContext } from '../context.ts';
import { measured } from '../measured.ts';
import { bearerErrorReply, jsonReply } from '../replies.ts';
import { type BoundToken, protectedResource, type ResourceRule } from '../sender-constraint/protected-resource.ts';

/** The UserInfo endpoint (OpenID Connect Core, section 5.3). */
export function createUserInfoEndpoint(provider: Provider): Endpoint {
  const meter = (name: string) => provider.metrics.meter(`userInfoEndpoint.${name}`);
  const successful = meter('successfulRequests');
  const errors = new Map([
    ['invalid_token', meter('invalidTokenErrors')],
    ['missing_token', meter('invalidTokenErrors')],
    ['insufficient_scope', meter('insufficientScopeErrors')],
  ]);
  const invalidRequests = meter('invalidRequests');
  const rule: ResourceRule = {
    resource: 'UserInfo',
    formLimit: provider.settings.token.httpMaxRequestSize,
    scope: ['openid'],
    audience: new Set([provider.issuer, `${provider.issuer}/userinfo`]),
    audienceRequired: false,
    missing: 'missing-token',
    properties: [],
  };

  const endpoint: Endpoint = async (ctx, request) => {
    try {
      const reply = await userInfo(ctx, await protectedResource(ctx, request, rule));
      successful.mark();
      return reply;
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      (errors.get(error.code) ?? invalidRequests).mark();
      return bearerErrorReply(error);
    }
  };
  return measured(provider.metrics, 'userInfoEndpoint', endpoint, 'requestTimer');
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
