import { equalTexts, sha256 } from '../../crypto/digest.ts';
import type { Authorization, AuthorizationKey, RememberedAuthorization } from '../../domain/authorization.ts';
import { authorizationKey } from '../../domain/authorization.ts';
import type { Grant, RefreshState } from '../../domain/grant.ts';
import type { SubjectSession } from '../../domain/subject-session.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { events } from '../../events/catalogue.ts';
import type { FoundGrant } from '../../ports/stores/grants.ts';
import type { RequestContext } from '../context.ts';
import type { IdentifierRefreshToken, RefreshToken, SelfContainedRefreshToken } from '../issuing/refresh-token.ts';
import { endGrant, isVoid, lifeLeft } from '../issuing/revocation.ts';

/** The living grant behind a refresh token. Times are Unix seconds. */
export interface HeldGrant {
  readonly authorization: Authorization;
  readonly key: AuthorizationKey;
  /** What the subject agrees to now, if anything is remembered. */
  readonly remembered: RememberedAuthorization | undefined;
  /** The subject session that the grant belongs to, if that lives. */
  readonly session: SubjectSession | undefined;
  readonly standing: FoundGrant['standing'];
  /** When the refresh token ends however much it is used; `undefined`: never. */
  readonly expiresAt: number | undefined;
  readonly state: RefreshState;
}

/**
 * Looks up what a refresh token stands for, in one round trip. Throws `invalid-refresh-token` for a grant that has ended, or
 * that the token does not prove.
 */
export function heldGrant(ctx: RequestContext, token: RefreshToken): Promise<HeldGrant> {
  return token.kind === 'identifier' ? storedGrant(ctx, token) : carriedGrant(ctx, token);
}

async function storedGrant(ctx: RequestContext, token: IdentifierRefreshToken): Promise<HeldGrant> {
  const { provider } = ctx;
  const { subject, actor, clientId } = token;
  const key = { subject, actor, clientId };
  const { grant, state, session, remembered, standing } = await provider.stores.grants.find(token.grantId, key);
  // All grants end with the remembered authorization that they live under.
  if (!grant || !state || !remembered || isVoid(provider, standing, grant.authorization)) throw ended();
  if (token.rotations > state.rotations) throw refused('the token is newer than what is on record of its grant');
  const { authorization, refreshExpiresAt: expiresAt } = grant;
  const held = { authorization, key, session, remembered, standing, expiresAt, state };
  if (provesGrant(ctx, grant, token.secret)) return held;
  // Release 0.1 gave each token of a grant another secret: this one was rotated away.
  if (grant.seed !== undefined) return replayed(ctx, held);
  throw refused('the secret is not that of the grant');
}

function provesGrant({ provider }: RequestContext, { secretDigest, seed }: Grant, secret: string): boolean {
  if (secretDigest !== undefined) return equalTexts(sha256(secret), secretDigest);
  if (seed === undefined) return false;
  return provider.identifiers.deriveSecrets('refresh-token', seed).some((derived) => equalTexts(secret, derived));
}

async function carriedGrant(ctx: RequestContext, token: SelfContainedRefreshToken): Promise<HeldGrant> {
  const { provider } = ctx;
  const { authorization, expiresAt } = token;
  const key = authorizationKey(authorization);
  const found = await provider.stores.grants.find(authorization.grantId, key);
  const { remembered, standing } = found;
  if (isVoid(provider, standing, token)) throw ended();
  const former = found.state ? undefined : await formerUse(ctx, token);
  const unused = { rotations: 0, issuedAt: token.issuedAt, usedAt: former?.usedAt ?? token.issuedAt };
  const state = found.state ?? unused;
  // What was on record of it went at its end.
  if (token.rotations > state.rotations) throw ended();
  const session = await carriedSession(ctx, authorization);
  const held = { authorization, key, session, remembered, standing, expiresAt, state };
  return former?.rotated ? replayed(ctx, held) : held;
}

/** Only where an ID token may need it: it is a look-up of its own. */
async function carriedSession({ provider }: RequestContext, { sessionKey, allowIdTokenRefresh }: Authorization) {
  return sessionKey !== undefined && allowIdTokenRefresh ? provider.stores.subjectSessions.get(sessionKey) : undefined;
}

/** What release 0.1 has on record of a token that it made. */
async function formerUse({ provider }: RequestContext, { usedAs, authorization }: SelfContainedRefreshToken) {
  if (usedAs === undefined) return undefined;
  const { expended } = provider.stores;
  const rotated = (await expended.find('refresh-token', usedAs)) !== undefined;
  const usedAt = authorization.refreshTokenMaxIdle > 0 ? await expended.find('refresh-use', usedAs) : undefined;
  return { rotated, usedAt };
}

/** Ends a grant of which a token that was rotated away is presented (RFC 9700, section 4.14.2). Always throws. */
export async function replayed(ctx: RequestContext, { authorization, expiresAt }: HeldGrant): Promise<never> {
  ctx.emit(events.token.refreshTokenReplayed);
  await endGrant(ctx, authorization, authorization.longLived ? 0 : lifeLeft(ctx, expiresAt));
  throw refused(
    'a rotated refresh token was used again after authzStore.refreshToken.rotatedReuseGracePeriod; its grant has ended',
  );
}

/** The refusal of a token whose grant has ended. */
export function ended(): OAuthError {
  return refused('the grant has ended, by revocation, or was removed with the remembered authorization');
}

function refused(detail: string): OAuthError {
  return new OAuthError('invalid-refresh-token', detail);
}
