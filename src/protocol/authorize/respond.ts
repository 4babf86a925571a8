import type { Authorization, LongLivedAuthorization } from '../../domain/authorization.ts';
import type { AuthorizationRequest } from '../../domain/authorization-request.ts';
import { idTokenClaimPrefix, isTokenClaim } from '../../domain/claim-names.ts';
import type { Client } from '../../domain/client.ts';
import type { IDTokenOrder, PendingCode } from '../../domain/pending-code.ts';
import type { RequestContext } from '../context.ts';
import type { ResponseDelivery } from '../registry.ts';
import type { OpenSession } from '../subject-sessions/subject-sessions.ts';
import { idTokenClaims, sessionMembers } from '../tokens/id-token.ts';
import type { Consent } from './consent.ts';
import { requestedClaims, requestedScope } from './prompt-policy.ts';
import { deliverResponse } from './response-target.ts';

/** What a final response is made of. */
export interface Grounds {
  readonly client: Client;
  readonly request: AuthorizationRequest;
  readonly session: OpenSession;
  readonly consent: Consent;
}

/** Remembers the consent where it is long-lived, issues the code, and lays it into the redirection URI. */
export async function respondWithCode(ctx: RequestContext, grounds: Grounds): Promise<ResponseDelivery> {
  const { provider } = ctx;
  const { request, client, session, consent } = grounds;
  let authorization = newAuthorization(ctx, grounds);
  if (consent.longLived) authorization = await remember(ctx, authorization, grounds);
  const idToken = idTokenOrder(ctx, grounds, authorization);
  if (idToken) await noteRelyingParty(ctx, session, client.id);

  const pending: PendingCode = {
    authorization,
    redirect_uri: request.redirect_uri,
    redirect_uri_explicit: request.redirect_uri_explicit,
    ...(request.code_challenge === undefined ? {} : { code_challenge: request.code_challenge }),
    ...(request.code_challenge_method === undefined ? {} : { code_challenge_method: request.code_challenge_method }),
    id_token: idToken,
  };
  const { identifier, key } = provider.identifiers.issue('authorization-code');
  const now = provider.clock.now();
  const lifetime = provider.settings.tokens.codeLifetime;
  await provider.stores.codes.issue(key, pending, now + lifetime, now + 2 * lifetime);
  provider.metrics.meter('authzStore.codeIssues').mark();
  return deliverResponse(
    provider,
    { redirectUri: request.redirect_uri, responseMode: request.response_mode, state: request.state },
    { ...consent.responseParams, code: identifier },
  );
}

function newAuthorization(ctx: RequestContext, grounds: Grounds): Authorization {
  const { provider } = ctx;
  const { client, request, session, consent } = grounds;
  const { refreshToken: refresh, impersonatedSub } = consent;
  const settings = provider.settings.tokens;
  const audience = consent.audience ?? (request.resource.length > 0 ? request.resource : undefined);
  return {
    gid: provider.random.text(16),
    iss: provider.issuer,
    sub: impersonatedSub ?? session.session.sub,
    ...(impersonatedSub === undefined ? {} : { act: session.session.sub }),
    cid: client.id,
    iat: provider.clock.now(),
    lng: consent.longLived,
    scp: grantedScope(ctx, grounds),
    clm: grantedClaims(ctx, grounds),
    ...(request.claims_locales.length === 0 ? {} : { cll: request.claims_locales }),
    ...(consent.claimsData === undefined ? {} : { cld: consent.claimsData }),
    ...(consent.presetUserInfo === undefined ? {} : { uip: consent.presetUserInfo }),
    ...(consent.data === undefined ? {} : { dat: consent.data }),
    ...(audience === undefined || audience.length === 0 ? {} : { aud: audience }),
    ate: consent.accessToken.encoding,
    atl: consent.accessToken.lifetime,
    irt: refresh.issue && client.grantTypes.has('refresh_token'),
    rtl: refresh.lifetime ?? settings.refreshTokenLifetime,
    rtm: refresh.maxIdle,
    rtr: refresh.rotate ?? settings.refreshTokenRotate,
    idr: consent.idToken.allowRefresh,
    sik: session.key,
  };
}

function grantedScope(ctx: RequestContext, { client, request, consent }: Grounds): readonly string[] {
  if (!consent.scope.includes('*')) return consent.scope;
  const requested = requestedScope(ctx.provider, client, request);
  return [...new Set([...requested, ...consent.scope.filter((value) => value !== '*')])];
}

/** The consented claims; those that the client wants in the ID token get the prefix that leads them there. */
function grantedClaims(ctx: RequestContext, { client, request, consent }: Grounds): readonly string[] {
  const requested = requestedClaims(ctx.provider, requestedScope(ctx.provider, client, request), request);
  const all = consent.claims.includes('*');
  const consented = all
    ? [...new Set([...requested.names, ...consent.claims.filter((name) => name !== '*')])]
    : [...new Set(consent.claims)];
  const forIdToken = new Set(requested.idToken);
  const forUserInfo = new Set(requested.userinfo);
  return consented.flatMap((name) => {
    if (isTokenClaim(name)) return [name];
    const toUserInfo = forUserInfo.has(name) || !forIdToken.has(name);
    return [...(forIdToken.has(name) ? [`${idTokenClaimPrefix}${name}`] : []), ...(toUserInfo ? [name] : [])];
  });
}

/** Keeps the consent, joined with what was consented before. The grant and its refresh token live on unless it rotates. */
function remember(
  ctx: RequestContext,
  authorization: Authorization,
  grounds: Grounds,
): Promise<LongLivedAuthorization> {
  const { provider } = ctx;
  const { sub, act = '', cid } = authorization;
  const { names, idToken } = requestedClaims(
    provider,
    requestedScope(provider, grounds.client, grounds.request),
    grounds.request,
  );
  const requested = new Set([...names, ...idToken]);
  const plainNames = authorization.clm
    .map((name) => (name.startsWith(idTokenClaimPrefix) ? name.slice(idTokenClaimPrefix.length) : name))
    .filter((name) => requested.has(name));
  const seed = provider.random.text(16);
  const now = provider.clock.now();
  return provider.stores.authorizations.upsert({ sub, act, cid }, (current) => ({
    ...authorization,
    gid: current?.gid ?? authorization.gid,
    scs: [...new Set([...(current?.scs ?? []), ...authorization.scp])],
    cls: [...new Set([...(current?.cls ?? []), ...plainNames])],
    uat: now,
    // The client is about to get the token anew, so its lifetime starts anew; its secret stays good on other devices.
    rti: now,
    rts: current && !authorization.rtr ? current.rts : seed,
  }));
}

function idTokenOrder(
  ctx: RequestContext,
  { client, request, session, consent }: Grounds,
  authorization: Authorization,
): IDTokenOrder | undefined {
  if (!consent.idToken.issue || !authorization.scp.includes('openid')) return undefined;
  const { authTime } = requestedClaims(ctx.provider, [], request);
  const wantsAuthTime = authTime || request.max_age !== undefined;
  return {
    lifetime: consent.idToken.lifetime,
    ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
    ...sessionMembers(ctx, client, session.session),
    ...(wantsAuthTime ? { auth_time: session.session.auth_time } : {}),
    ...(consent.idToken.impersonatedSub === undefined ? {} : { impersonated_sub: consent.idToken.impersonatedSub }),
    ...idTokenClaims(authorization.clm),
    ...(consent.presetIdToken === undefined ? {} : { preset: consent.presetIdToken }),
  };
}

async function noteRelyingParty(ctx: RequestContext, { key, session }: OpenSession, clientId: string): Promise<void> {
  if (session.rps?.includes(clientId)) return;
  await ctx.provider.stores.subjectSessions.update(key, (current) =>
    current.rps?.includes(clientId) ? current : { ...current, rps: [...(current.rps ?? []), clientId] },
  );
}
