import type { AccessToken } from '../../domain/access-token.ts';
import type { Authorization } from '../../domain/authorization.ts';
import { isTokenClaim } from '../../domain/claim-names.ts';
import type { Client } from '../../domain/client.ts';
import { events } from '../../events/catalogue.ts';
import type { RequestContext } from '../context.ts';
import { tokenIdWithin, writeAccessTokenJwt } from './access-token.ts';
import { fedClaims } from './fed-claims.ts';
import { writeIdToken } from './id-token.ts';
import { tokensProperties } from './properties.ts';
import { writeRefreshToken } from './refresh-token.ts';
import type { RefreshTokenOrder, TokenDecision } from './token-decision.ts';
import { refuseLargeAccessToken, refuseLargeRefreshToken } from './token-size.ts';

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

/** Issues what a grant has decided: the only place where tokens are made. */
export async function issueTokens(
  ctx: RequestContext,
  client: Client,
  decision: TokenDecision,
): Promise<TokenResponse> {
  const { authorization, idToken: order, refreshToken } = decision;
  const lifetime = accessTokenLifetime(ctx, decision);
  // What is too large to be issued is found before anything is kept.
  const refreshTokenText = refreshToken && issueRefreshToken(ctx, refreshToken);
  const accessToken = await issueAccessToken(ctx, decision, lifetime);
  let idToken: string | undefined;
  if (order || refreshToken?.newGrant) {
    // The ID token is signed while the store writes, in one go where it collects writes. All is kept before anything is handed out.
    [idToken] = await Promise.all([
      order && writeIdToken(ctx, client, authorization, order, accessToken.text),
      accessToken.kept,
      refreshToken?.newGrant && keepGrant(ctx, refreshToken.newGrant),
    ]);
  } else await accessToken.kept;
  return {
    access_token: accessToken.text,
    token_type: 'Bearer',
    expires_in: lifetime,
    scope: authorization.scope.length === 0 ? undefined : authorization.scope.join(' '),
    refresh_token: refreshTokenText,
    refresh_token_expires_in: refreshToken && expiresIn(ctx, refreshToken),
    id_token: idToken,
  };
}

/** Seconds; never longer than the refresh token that accompanies it. */
function accessTokenLifetime(ctx: RequestContext, { authorization, refreshLimit }: TokenDecision): number {
  const { accessTokenLifetime: ordered } = authorization;
  const lifetime = ordered > 0 ? ordered : ctx.provider.settingsOf(tokensProperties).accessTokenLifetime;
  return refreshLimit === undefined ? lifetime : Math.min(lifetime, refreshLimit);
}

interface IssuedAccessToken {
  readonly text: string;
  /** Resolves when what it refers to is on record; `undefined`: it refers to nothing. */
  readonly kept: Promise<void> | undefined;
}

async function issueAccessToken(
  ctx: RequestContext,
  { authorization, checkedAt }: TokenDecision,
  lifetime: number,
): Promise<IssuedAccessToken> {
  const { provider } = ctx;
  const token = await accessTokenFor(ctx, authorization, { issuedAt: checkedAt, expiresAt: checkedAt + lifetime });
  ctx.emit(events.token.accessTokenIssued);
  if (authorization.accessTokenEncoding === 'SELF_CONTAINED') {
    const text = await writeAccessTokenJwt(provider, token);
    refuseLargeAccessToken(provider.settingsOf, text);
    return { text, kept: undefined };
  }
  const { identifier, key } = provider.identifiers.issue('access-token');
  return { text: identifier, kept: provider.stores.accessTokens.issue(key, token) };
}

async function accessTokenFor(
  ctx: RequestContext,
  authorization: Authorization,
  { issuedAt, expiresAt }: { readonly issuedAt: number; readonly expiresAt: number },
): Promise<AccessToken> {
  const { provider } = ctx;
  const { grantId } = authorization;
  const id = tokenIdWithin(grantId, provider);
  const feeding = fedClaims(ctx, authorization);
  const fed = feeding && (await feeding);
  const telling = toldSession(ctx, authorization);
  const session = telling && (await telling);
  return {
    issuer: authorization.issuer,
    subject: authorization.subject,
    actor: authorization.actor,
    clientId: authorization.clientId,
    scope: authorization.scope,
    audience: authorization.audience,
    issuedAt,
    expiresAt,
    id,
    grantId: grantId === '' ? id : grantId,
    claims: authorization.claims.filter((name) => !isTokenClaim(name)),
    claimsLocales: authorization.claimsLocales,
    claimsData: authorization.claimsData,
    presetUserInfo: fed ? fed.presetUserInfo : authorization.presetUserInfo,
    data: fed ? fed.data : authorization.data,
    confirmation: authorization.confirmation,
    authTime: session?.auth_time,
    acr: session?.acr,
    amr: session?.amr,
    extra: fed?.extra,
  };
}

/** The session of which one profile tells how the subject was authenticated (RFC 9068, section 2.2.1). */
function toldSession({ provider }: RequestContext, { sessionKey }: Authorization) {
  if (provider.settingsOf(tokensProperties).accessTokenProfile !== 'oauth-1.0' || sessionKey === undefined)
    return undefined;
  return provider.stores.subjectSessions.get(sessionKey);
}

function keepGrant({ provider }: RequestContext, grant: NonNullable<RefreshTokenOrder['newGrant']>): Promise<void> {
  return provider.stores.grants.add(grant, provider.settingsOf(tokensProperties).maxGrantsPerAuthorization);
}

function issueRefreshToken(ctx: RequestContext, { token }: RefreshTokenOrder): string {
  const text = writeRefreshToken(ctx.provider, token);
  refuseLargeRefreshToken(ctx.provider.settingsOf, text);
  ctx.emit(events.token.refreshTokenIssued);
  return text;
}

function expiresIn({ provider }: RequestContext, { expiresAt }: RefreshTokenOrder): number | undefined {
  return expiresAt === undefined ? undefined : Math.max(expiresAt - provider.clock.now(), 0);
}
