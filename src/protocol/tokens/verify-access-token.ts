import type { AccessToken } from '../../domain/access-token.ts';
import type { RequestContext } from '../context.ts';
import { readAccessTokenJwt } from './access-token.ts';
import { isRevoked, revokedSince } from './revocation.ts';

/**
 * The access token behind the presented text, of either encoding: genuine, of this issuer, neither expired nor revoked.
 * `undefined` for anything else. Never throws for bad input; rejects when the store fails.
 */
export async function verifyAccessToken(ctx: RequestContext, text: string): Promise<AccessToken | undefined> {
  const { provider } = ctx;
  const identifier = provider.identifiers.check('access-token', text);
  if (identifier) {
    const found = await provider.stores.accessTokens.find(identifier.key);
    if (!found || found.token.iss !== provider.issuer) return undefined;
    const bias = provider.settings.tokens.revocationCheckBias;
    return revokedSince(found.token.iat, found.revokedAt, bias) ? undefined : found.token;
  }
  if (!text.startsWith('ey')) return undefined;
  const token = await readAccessTokenJwt(provider, text);
  if (!token) return undefined;
  return (await isRevoked(ctx, { ...token, gid: token.gid ?? token.jti })) ? undefined : token;
}
