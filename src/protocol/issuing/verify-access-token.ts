import type { AccessToken } from '../../domain/access-token.ts';
import type { RequestContext } from '../context.ts';
import { readAccessTokenJwt } from './access-token.ts';
import { isVoid } from './revocation.ts';

/**
 * The access token behind the presented text, of either encoding: genuine, of this issuer, neither expired nor revoked.
 * `undefined` for anything else. Never throws for bad input; rejects when the store fails.
 */
export async function verifyAccessToken({ provider }: RequestContext, text: string): Promise<AccessToken | undefined> {
  const { stores, identifiers, issuer } = provider;
  const identifier = identifiers.check('access-token', text);
  if (identifier) {
    const found = await stores.accessTokens.find(identifier.key);
    if (!found || found.token.issuer !== issuer) return undefined;
    return isVoid(provider, found.standing, issuedAt(found.token)) ? undefined : found.token;
  }
  if (!text.startsWith('ey')) return undefined;
  const token = await readAccessTokenJwt(provider, text);
  if (!token) return undefined;
  const { subject, actor = '', clientId, grantId, id } = token;
  const standing = await stores.revocations.standing({ subject, actor, clientId }, [grantId, id]);
  return isVoid(provider, standing, issuedAt(token)) ? undefined : token;
}

/** By contract (RFC 7009 leaves it open), a token of the very second of a revocation is active, `authzStore.revocation.checkBias` aside. */
function issuedAt({ issuedAt: at }: AccessToken) {
  return { issuedAt: at, revocationsSeen: undefined };
}
