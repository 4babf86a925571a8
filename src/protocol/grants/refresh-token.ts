import type { Authorization } from '../../domain/authorization.ts';
import { type RefreshState, refreshEnd, remainingTime } from '../../domain/grant.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { events } from '../../events/catalogue.ts';
import type { AuthenticatedClient } from '../client-auth/authenticated-client.ts';
import type { RequestContext } from '../context.ts';
import { refreshedIdToken } from '../issuing/id-token.ts';
import { stillAgreed, withinAudience, withinScope } from '../issuing/narrowing.ts';
import { tokensProperties } from '../issuing/properties.ts';
import { type RefreshToken, readRefreshToken } from '../issuing/refresh-token.ts';
import { revocationsIn } from '../issuing/revocation.ts';
import { required } from '../params/form.ts';
import { requestedResources } from '../resources.ts';
import type { GrantType } from './grant-type.ts';
import { ended, type HeldGrant, heldGrant, replayed } from './held-grant.ts';
import type { TokenRequest } from './token-request.ts';

/** Uses a refresh token (RFC 6749, section 6; rotation and replay: RFC 9700, section 4.14.2). */
export const refreshTokenGrant: GrantType = {
  name: 'refresh_token',
  metric: 'refreshToken',
  openToAll: true,
  isEnabled: () => true,
  async decide(ctx, request) {
    const { client, params } = request;
    const token = ownToken(ctx, client, required(params, 'refresh_token'));
    const checkedAt = ctx.provider.clock.now();
    const held = await heldGrant(ctx, token);
    if (isReplay(ctx, token, held.state)) return replayed(ctx, held);
    refuseEnded(held, checkedAt);
    // Before the use: a request that asks for too much must not cost the client its token.
    const authorization = requested(ctx, held, request);
    const state = await use(ctx, token, held);
    ctx.emit(events.token.refreshTokenUsed);
    const { expiresAt } = held;
    const { rotateRefreshToken: rotates, refreshTokenMaxIdle: maxIdle } = held.authorization;
    return {
      authorization,
      checkedAt,
      idToken: refreshedIdToken(ctx, client.client, authorization, held.session),
      refreshToken: rotates
        ? {
            token: successor(token, state, revocationsIn(state.issuedAt, held.standing.notBefore)),
            expiresAt,
            newGrant: undefined,
          }
        : undefined,
      refreshLimit: remainingTime(expiresAt, maxIdle, checkedAt),
    };
  },
};

/** The presented token, if it is one of this server and of the client. */
function ownToken(ctx: RequestContext, { client }: AuthenticatedClient, text: string): RefreshToken {
  const token = readRefreshToken(ctx.provider, text);
  if (!token) {
    ctx.emit(events.token.refreshTokenInvalid, { clientId: client.id });
    throw new OAuthError('invalid-refresh-token', 'not a refresh token of this server');
  }
  const issuedTo = token.kind === 'identifier' ? token.clientId : token.authorization.clientId;
  if (issuedTo === client.id) return token;
  ctx.emit(events.token.refreshTokenForeign, { clientId: client.id, issuedTo });
  throw new OAuthError('invalid-refresh-token', `the token was issued to client ${issuedTo}`);
}

/** A token that was rotated away is no replay while the client may have missed the answer, and only the latest one. */
function isReplay({ provider }: RequestContext, token: RefreshToken, state: RefreshState): boolean {
  if (token.rotations === state.rotations) return false;
  const grace = provider.settingsOf(tokensProperties).rotatedReuseGracePeriod;
  const since = provider.clock.now() - state.issuedAt;
  return token.rotations !== state.rotations - 1 || grace === 0 || since > grace;
}

function refuseEnded({ authorization, expiresAt, state }: HeldGrant, now: number): void {
  if (expiresAt !== undefined && now >= expiresAt) {
    throw new OAuthError('invalid-refresh-token', 'the token has expired (refresh_token.lifetime)');
  }
  const { refreshTokenMaxIdle: maxIdle } = authorization;
  if (maxIdle > 0 && now >= state.usedAt + maxIdle) {
    throw new OAuthError('invalid-refresh-token', 'the token was not used for too long (refresh_token.max_idle)');
  }
}

/** What of the grant is still agreed to, within what the client asks for now. */
function requested({ provider }: RequestContext, held: HeldGrant, { params, many }: TokenRequest): Authorization {
  const agreed = stillAgreed(provider, held.authorization, held.remembered);
  const resources = requestedResources(many('resource'));
  return withinAudience(withinScope(provider, agreed, params.get('scope')), resources);
}

/**
 * Puts the use on record where something depends on it, and rotates the token where it shall; what stands then. A repeated
 * request finds the rotation that the first one made.
 */
async function use(ctx: RequestContext, token: RefreshToken, held: HeldGrant): Promise<RefreshState> {
  const { authorization, key, expiresAt, state } = held;
  const { rotateRefreshToken: rotate, refreshTokenMaxIdle: maxIdle, grantId, longLived } = authorization;
  if (token.rotations < state.rotations) return allowedReuse(ctx, state);
  if (!rotate && maxIdle === 0) return state;
  const { stores, clock } = ctx.provider;
  const result = await stores.grants.use({
    grantId,
    key,
    rotations: token.rotations,
    issuedAt: token.issuedAt,
    rotate,
    expiresAt: refreshEnd(expiresAt, maxIdle, clock.now()),
    selfContained: !longLived,
  });
  if (result.outcome === 'used') return result.state;
  if (result.outcome === 'ended') throw ended();
  return isReplay(ctx, token, result.state) ? replayed(ctx, held) : allowedReuse(ctx, result.state);
}

function allowedReuse(ctx: RequestContext, state: RefreshState): RefreshState {
  ctx.emit(events.token.refreshTokenReused);
  return state;
}

/** The token that follows: the same for every use of the one before. */
function successor(token: RefreshToken, { rotations, issuedAt }: RefreshState, revocationsSeen: number): RefreshToken {
  if (token.kind === 'identifier') return { ...token, rotations, issuedAt };
  return { ...token, rotations, issuedAt, revocationsSeen, usedAs: undefined };
}
