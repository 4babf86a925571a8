import { type Authorization, longestLifetime } from '../../../domain/authorization.ts';
import type { IDTokenOrder } from '../../../domain/pending-code.ts';
import { parseScope } from '../../../domain/scope.ts';
import { OAuthError } from '../../../errors/oauth-error.ts';
import type { AuthenticatedClient } from '../../client-auth/authenticated-client.ts';
import type { RequestContext } from '../../context.ts';
import { required } from '../../params/form.ts';
import type { GrantType } from '../../registry.ts';
import { refreshedIdToken } from '../../tokens/id-token.ts';
import {
  isRefreshTokenSecret,
  parseRefreshToken,
  type RefreshTokenIdentifier,
  refreshTokenExpiry,
  remainingTime,
  type SelfContainedRefreshToken,
} from '../../tokens/refresh-token.ts';
import { isRevoked, revokeAuthorization } from '../../tokens/revocation.ts';
import type { RefreshTokenOrder, TokenDecision } from '../token-decision.ts';

/** Uses a refresh token (RFC 6749, section 6; rotation and replay: RFC 9700, section 4.14.2). */
export const refreshTokenGrant: GrantType = {
  name: 'refresh_token',
  metric: 'refreshToken',
  openToAll: true,
  isEnabled: () => true,
  async decide(ctx, client, params) {
    const parsed = parseRefreshToken(ctx.provider, required(params, 'refresh_token'));
    if (!parsed) {
      ctx.log.info('AS0270', 'Invalid refresh token', { clientId: client.client.id });
      ctx.provider.metrics.meter('authzStore.invalidRefreshTokens').mark();
      throw new OAuthError('invalid-refresh-token', 'not a refresh token of this server');
    }
    const scope = params.get('scope');
    const used =
      parsed.kind === 'identifier'
        ? await useIdentifier(ctx, client, parsed.token, scope)
        : await useSelfContained(ctx, client, parsed.token, scope);
    ctx.provider.metrics.meter('authzStore.refreshTokenUses').mark();
    return decision(ctx, client, used);
  },
};

/** A refresh token that has passed all checks and whose use is on record. */
interface UsedToken {
  /** Within the requested scope. */
  readonly authorization: Authorization;
  readonly refreshToken: RefreshTokenOrder | undefined;
  readonly refreshLimit: number | undefined;
}

async function useIdentifier(
  ctx: RequestContext,
  client: AuthenticatedClient,
  token: RefreshTokenIdentifier,
  scope: string | undefined,
): Promise<UsedToken> {
  const { provider } = ctx;
  const { stores, clock, random } = provider;
  refuseOtherClient(ctx, client, token.cid);
  const key = { sub: token.sub, act: token.act, cid: token.cid };
  const record = await stores.authorizations.get(key);
  if (!record || record.gid !== token.gid) {
    throw new OAuthError('invalid-refresh-token', 'the remembered authorisation was revoked or replaced');
  }
  if (!isRefreshTokenSecret(provider, record, token.secret)) return replayed(ctx, record);
  const now = clock.now();
  const { expiresAt } = refreshTokenExpiry(record, record.rti, now);
  refuseEnded(record, expiresAt, record.rlu ?? record.rti, now);
  // Before the rotation: a request that asks for too much must not cost the client its token.
  const granted = narrowed(record, scope);

  const rotation = {
    rts: random.text(16),
    rti: now,
    // A rotated token keeps the end of the first one.
    rtl: expiresAt === undefined ? 0 : expiresAt - now,
    rto: record.rto ?? record.rtl,
  };
  const { rtr: rotates, rtm: maxIdle, rts: seed } = record;
  let kept = record;
  if (rotates || maxIdle > 0) {
    // What the subject may have consented to meanwhile stays; who comes second finds another seed.
    const written = await stores.authorizations.update(key, (current) =>
      current.rts === seed ? { ...current, rlu: now, ...(rotates ? rotation : {}) } : undefined,
    );
    if (!written) return replayed(ctx, record);
    kept = written;
  }
  return {
    authorization: granted,
    refreshToken: rotates ? { kind: 'identifier', record: kept } : undefined,
    refreshLimit: refreshTokenExpiry(kept, kept.rti, now).limit,
  };
}

async function useSelfContained(
  ctx: RequestContext,
  client: AuthenticatedClient,
  token: SelfContainedRefreshToken,
  scope: string | undefined,
): Promise<UsedToken> {
  const { stores, clock, settings, metrics } = ctx.provider;
  const { authorization, jti, iat, exp } = token;
  refuseOtherClient(ctx, client, authorization.cid);
  const now = clock.now();
  if (await isRevoked(ctx, { ...authorization, iat })) {
    throw new OAuthError('invalid-refresh-token', 'the authorisation was revoked');
  }
  const granted = narrowed(authorization, scope);
  const remember = exp ?? now + longestLifetime;
  if (authorization.rtm > 0) {
    const lastUse = await stores.expended.find('refresh-use', jti);
    refuseEnded(authorization, exp, lastUse ?? iat, now);
    await stores.expended.recordUse('refresh-use', jti, remember);
  } else refuseEnded(authorization, exp, iat, now);

  if (authorization.rtr) {
    const expenditure = await stores.expended.consume('refresh-token', jti, remember);
    if (!expenditure.first) {
      const grace = settings.tokens.rotatedReuseGracePeriod;
      if (grace === 0 || now - expenditure.at > grace) return replayed(ctx, authorization);
      metrics.meter('authzStore.rotatedRefreshTokenAllowedReuses').mark();
    }
  }
  return {
    authorization: granted,
    refreshToken: authorization.rtr ? { kind: 'self-contained', authorization, expiresAt: exp } : undefined,
    refreshLimit: remainingTime(exp, authorization.rtm, now),
  };
}

function refuseOtherClient(ctx: RequestContext, { client }: AuthenticatedClient, cid: string): void {
  if (cid === client.id) return;
  ctx.log.info('AS0274', 'Refresh token of another client', { clientId: client.id, issuedTo: cid });
  throw new OAuthError('invalid-refresh-token', `the token was issued to client ${cid}`);
}

function refuseEnded(
  order: Pick<Authorization, 'rtm'>,
  expiresAt: number | undefined,
  lastUse: number,
  now: number,
): void {
  if (expiresAt !== undefined && now >= expiresAt) {
    throw new OAuthError('invalid-refresh-token', 'the token has expired (refresh_token.lifetime)');
  }
  if (order.rtm > 0 && now >= lastUse + order.rtm) {
    throw new OAuthError('invalid-refresh-token', 'the token was not used for too long (refresh_token.max_idle)');
  }
}

async function replayed(ctx: RequestContext, authorization: Authorization): Promise<never> {
  ctx.provider.metrics.meter('authzStore.rotatedRefreshTokenReplayRevocations').mark();
  await revokeAuthorization(ctx, authorization);
  throw new OAuthError(
    'invalid-refresh-token',
    'a rotated refresh token was used again; all authorisations of the subject and client are revoked',
  );
}

async function decision(ctx: RequestContext, client: AuthenticatedClient, used: UsedToken): Promise<TokenDecision> {
  const { authorization } = used;
  const idToken: IDTokenOrder | undefined = await refreshedIdToken(ctx, client.client, authorization);
  return {
    authorization,
    forClientItself: false,
    idToken,
    refreshToken: used.refreshToken,
    refreshLimit: used.refreshLimit,
  };
}

function narrowed(authorization: Authorization, requested: string | undefined): Authorization {
  if (requested === undefined) return authorization;
  const values = parseScope(requested);
  if (!values?.every((value) => authorization.scp.includes(value))) {
    throw new OAuthError('scope-exceeds-grant', 'the scope must stay within what was granted');
  }
  return values.length === authorization.scp.length ? authorization : { ...authorization, scp: values };
}
