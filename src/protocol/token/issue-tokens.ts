import type { AccessToken } from '../../domain/access-token.ts';
import type { Authorization } from '../../domain/authorization.ts';
import { isTokenClaim } from '../../domain/claim-names.ts';
import type { Client } from '../../domain/client.ts';
import type { SubjectSession } from '../../domain/subject-session.ts';
import type { RequestContext } from '../context.ts';
import { tokenIdWithin, writeAccessTokenJwt } from '../tokens/access-token.ts';
import { fedClaims } from '../tokens/fed-claims.ts';
import { writeIdToken } from '../tokens/id-token.ts';
import { writeRefreshTokenIdentifier, writeSelfContainedRefreshToken } from '../tokens/refresh-token.ts';
import type { RefreshTokenOrder, TokenDecision } from './token-decision.ts';

/** A successful token response (RFC 6749, section 5.1). Absent members vanish when written as JSON. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: string | undefined;
  readonly refresh_token: string | undefined;
  readonly refresh_token_expires_in: number | undefined;
  readonly id_token: string | undefined;
}

/** Issues what a grant has decided: the only place where tokens of the token endpoint are made. */
export async function issueTokens(
  ctx: RequestContext,
  client: Client,
  decision: TokenDecision,
): Promise<TokenResponse> {
  const { authorization, idToken: order } = decision;
  const lifetime = accessTokenLifetime(ctx, decision);
  const accessToken = await issueAccessToken(ctx, authorization, lifetime);
  const refreshToken = decision.refreshToken && issueRefreshToken(ctx, decision.refreshToken);
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: lifetime,
    scope: authorization.scp.length === 0 ? undefined : authorization.scp.join(' '),
    refresh_token: refreshToken?.token,
    refresh_token_expires_in: refreshToken?.expiresIn,
    id_token: order && (await writeIdToken(ctx, client, authorization, order, accessToken)),
  };
}

/** Seconds; never longer than the refresh token that accompanies it. */
function accessTokenLifetime(ctx: RequestContext, { authorization, refreshLimit }: TokenDecision): number {
  const ordered = authorization.atl > 0 ? authorization.atl : ctx.provider.settings.tokens.accessTokenLifetime;
  return refreshLimit === undefined ? ordered : Math.min(ordered, refreshLimit);
}

async function issueAccessToken(ctx: RequestContext, grant: Authorization, lifetime: number): Promise<string> {
  const { provider } = ctx;
  const now = provider.clock.now();
  const core: AccessToken = {
    iss: grant.iss,
    sub: grant.sub,
    cid: grant.cid,
    scp: grant.scp,
    iat: now,
    exp: now + lifetime,
    jti: tokenIdWithin(grant.gid, provider),
  };
  const token = grant.gid === '' ? withAudience(core, grant) : await ofGrant(ctx, core, grant);
  provider.metrics.meter('authzStore.accessTokenIssues').mark();
  if (grant.ate === 'SELF_CONTAINED') return writeAccessTokenJwt(provider, token);
  const { identifier, key } = provider.identifiers.issue('access-token');
  await provider.stores.accessTokens.issue(key, token);
  return identifier;
}

function withAudience(token: AccessToken, { aud, cnf }: Authorization): AccessToken {
  const bound = cnf === undefined ? token : { ...token, cnf };
  return aud === undefined || aud.length === 0 ? bound : { ...bound, aud };
}

/** The token with what the subject's grant adds to it. */
async function ofGrant(ctx: RequestContext, token: AccessToken, grant: Authorization): Promise<AccessToken> {
  const { provider } = ctx;
  const tellsSession = provider.settings.tokens.accessTokenProfile === 'oauth-1.0' && grant.sik !== undefined;
  const session = tellsSession ? await provider.stores.subjectSessions.get(grant.sik) : undefined;
  const forUserInfo = grant.clm.filter((name) => !isTokenClaim(name));
  return {
    ...withAudience(token, grant),
    gid: grant.gid,
    ...(grant.act === undefined ? {} : { act: grant.act }),
    ...(forUserInfo.length === 0 ? {} : { clm: forUserInfo }),
    ...(grant.cll === undefined ? {} : { cll: grant.cll }),
    ...(grant.cld === undefined ? {} : { cld: grant.cld }),
    ...(grant.uip === undefined ? {} : { uip: grant.uip }),
    ...(grant.dat === undefined ? {} : { dat: grant.dat }),
    ...(session === undefined ? {} : authenticationOf(session)),
    ...(await fedClaims(ctx, grant)),
  };
}

/** How the subject was authenticated, of which one profile tells (RFC 9068, section 2.2.1). */
function authenticationOf({ auth_time, acr, amr }: SubjectSession) {
  return { auth_time, ...(acr === undefined ? {} : { acr }), ...(amr === undefined ? {} : { amr }) };
}

function issueRefreshToken(ctx: RequestContext, order: RefreshTokenOrder) {
  const { provider } = ctx;
  const now = provider.clock.now();
  provider.metrics.meter('authzStore.refreshTokenIssues').mark();
  if (order.kind === 'identifier') {
    const { record } = order;
    return {
      token: writeRefreshTokenIdentifier(provider, record),
      expiresIn: record.rtl > 0 ? Math.max(record.rti + record.rtl - now, 0) : undefined,
    };
  }
  return {
    token: writeSelfContainedRefreshToken(provider, order.authorization, order.expiresAt),
    expiresIn: order.expiresAt === undefined ? undefined : order.expiresAt - now,
  };
}
