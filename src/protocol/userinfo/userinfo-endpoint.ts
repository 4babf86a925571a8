import type { AccessToken } from '../../domain/access-token.ts';
import type { JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import { bearerToken } from '../bearer.ts';
import type { Endpoint, Provider, RequestContext, Route } from '../context.ts';
import { measured } from '../measured.ts';
import { formParams, mediaType } from '../params/form.ts';
import { bearerErrorReply, jsonReply } from '../replies.ts';
import { verifyAccessToken } from '../tokens/verify-access-token.ts';

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

function refuseOtherUse(token: AccessToken, audiences: ReadonlySet<string>): void {
  if (!token.scp.includes('openid')) throw new OAuthError('insufficient-scope', 'the scope lacks openid');
  if (token.aud && token.aud.length > 0 && !token.aud.some((audience) => audiences.has(audience))) {
    throw new OAuthError('invalid-token', 'the audience of the token includes neither the issuer nor UserInfo');
  }
}

async function userInfo(ctx: RequestContext, token: AccessToken): Promise<HttpReply> {
  const { sub, clm = [], uip } = token;
  const names = uip ? clm.filter((name) => !(name in uip)) : clm;
  if (names.length === 0) return jsonReply(uip ? { ...uip, sub } : { sub });
  const claims: JsonObject = await ctx.provider.claims.claimsOf(sub, names, token.cll ?? [], {
    issuer: ctx.provider.issuer,
    transport: 'userinfo',
    clientId: token.cid,
    scope: token.scp,
    ...(token.cld === undefined ? {} : { claimsData: token.cld }),
  });
  return jsonReply({ ...claims, ...uip, sub });
}
