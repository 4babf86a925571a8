import type { AccessToken } from '../../domain/access-token.ts';
import type { JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import { bearerToken } from '../bearer.ts';
import type { Endpoint, Provider, RequestContext, Route } from '../context.ts';
import { verifyAccessToken } from '../issuing/verify-access-token.ts';
import { measured } from '../measured.ts';
import { formParams, mediaType } from '../params/form.ts';
import { bearerErrorReply, jsonReply } from '../replies.ts';

/** The UserInfo endpoint (OpenID Connect Core, section 5.3). */
export function createUserInfoRoutes(provider: Provider): readonly Route[] {
  const meter = (name: string) => provider.metrics.meter(`userInfoEndpoint.${name}`);
  const successful = meter('successfulRequests');
  const errors = new Map([
    ['invalid_token', meter('invalidTokenErrors')],
    ['missing_token', meter('invalidTokenErrors')],
    ['insufficient_scope', meter('insufficientScopeErrors')],
  ]);
  const invalidRequests = meter('invalidRequests');
  const audiences = new Set([provider.issuer, `${provider.issuer}/userinfo`]);

  const endpoint: Endpoint = async (ctx, request) => {
    try {
      const token = await verifyAccessToken(ctx, presentedToken(request, provider));
      if (!token) throw new OAuthError('invalid-token', 'unknown, expired, revoked or foreign token');
      refuseOtherUse(token, audiences);
      const reply = await userInfo(ctx, token);
      successful.mark();
      return reply;
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      (errors.get(error.code) ?? invalidRequests).mark();
      return bearerErrorReply(error);
    }
  };
  const timed = measured(provider.metrics, 'userInfoEndpoint', endpoint, 'requestTimer');
  return [
    { method: 'GET', path: '/userinfo', endpoint: timed },
    { method: 'POST', path: '/userinfo', endpoint: timed },
  ];
}

/** The token in the header or in the form body, but not in both (RFC 6750, section 2). */
function presentedToken(request: HttpRequest, provider: Provider): string {
  const inHeader = bearerToken(request);
  const inForm = tokenInForm(request, provider);
  if (inHeader !== undefined && inForm !== undefined) {
    throw new OAuthError('invalid-parameter', 'two tokens', 'More than one access token in the request');
  }
  const token = inHeader ?? inForm;
  if (token === undefined) throw new OAuthError('missing-token', 'no bearer token');
  return token;
}

function tokenInForm(request: HttpRequest, provider: Provider): string | undefined {
  if (request.method !== 'POST' || request.body.length === 0) return undefined;
  if (mediaType(request) !== 'application/x-www-form-urlencoded') return undefined;
  return formParams(request, provider.settings.token.httpMaxRequestSize).get('access_token');
}

function refuseOtherUse({ scope, audience }: AccessToken, audiences: ReadonlySet<string>): void {
  if (!scope.includes('openid')) throw new OAuthError('insufficient-scope', 'the scope lacks openid');
  if (audience.length > 0 && !audience.some((recipient) => audiences.has(recipient))) {
    throw new OAuthError('invalid-token', 'the audience of the token includes neither the issuer nor UserInfo');
  }
}

async function userInfo(ctx: RequestContext, token: AccessToken): Promise<HttpReply> {
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
