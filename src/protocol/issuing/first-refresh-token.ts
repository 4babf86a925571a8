import { sha256 } from '../../crypto/digest.ts';
import type { Authorization } from '../../domain/authorization.ts';
import { remainingTime } from '../../domain/grant.ts';
import type { Standing } from '../../ports/stores/revocations.ts';
import type { Provider } from '../context.ts';
import { revocationsIn } from './revocation.ts';
import type { RefreshTokenOrder } from './token-decision.ts';

/**
 * The first refresh token of an authorization, if it orders one: on a stored grant of its own where the authorization is
 * remembered, else carrying the grant itself. With the seconds that it can stay unused, if that is limited.
 */
export function firstRefreshToken(
  provider: Provider,
  authorization: Authorization,
  { checkedAt, standing }: { readonly checkedAt: number; readonly standing: Standing },
): { readonly order: RefreshTokenOrder; readonly limit: number | undefined } | undefined {
  if (!authorization.issueRefreshToken) return undefined;
  const { refreshTokenLifetime, refreshTokenMaxIdle, grantId, subject, actor, clientId } = authorization;
  const expiresAt = refreshTokenLifetime > 0 ? checkedAt + refreshTokenLifetime : undefined;
  const limit = remainingTime(expiresAt, refreshTokenMaxIdle, checkedAt);
  if (!authorization.longLived) {
    const revocationsSeen = revocationsIn(checkedAt, standing.notBefore);
    const token = {
      kind: 'self-contained',
      authorization,
      issuedAt: checkedAt,
      revocationsSeen,
      expiresAt,
      rotations: 0,
      usedAs: undefined,
    } as const;
    return { order: { token, expiresAt, newGrant: undefined }, limit };
  }
  const secret = provider.random.text(16);
  const token = {
    kind: 'identifier',
    grantId,
    subject,
    actor: actor ?? '',
    clientId,
    secret,
    issuedAt: checkedAt,
    rotations: 0,
  } as const;
  const newGrant = { authorization, secretDigest: sha256(secret), seed: undefined, refreshExpiresAt: expiresAt };
  return { order: { token, expiresAt, newGrant }, limit };
}
