import { OAuthError } from '../../errors/oauth-error.ts';
import type { AuthenticatedClient } from '../client-auth/authenticated-client.ts';
import type { RequestContext } from '../context.ts';
import { heldGrant } from '../grants/held-grant.ts';
import { readAccessTokenJwt } from '../issuing/access-token.ts';
import { type RefreshToken, readRefreshToken } from '../issuing/refresh-token.ts';
import { endGrant, endToken, lifeLeft } from '../issuing/revocation.ts';

/**
 * Revokes a token of the client: an access token by itself, a refresh token with its grant and all that came of it. What the
 * subject has consented to stays, and so do other grants. A token of another client, or no token at all, is left alone
 * without a word (RFC 7009, section 2.2).
 */
export async function revokeToken(ctx: RequestContext, { client }: AuthenticatedClient, text: string): Promise<void> {
  const { provider } = ctx;
  const identifier = provider.identifiers.check('access-token', text);
  if (identifier) {
    const found = await provider.stores.accessTokens.find(identifier.key);
    if (found?.token.clientId === client.id) await provider.stores.accessTokens.remove(identifier.key);
    return;
  }
  const accessToken = await readAccessTokenJwt(provider, text);
  if (accessToken) {
    if (accessToken.clientId === client.id) await endToken(ctx, accessToken.id, accessToken.expiresAt);
    return;
  }
  const refreshToken = readRefreshToken(provider, text);
  if (refreshToken) await revokeRefreshToken(ctx, client.id, refreshToken);
}

async function revokeRefreshToken(ctx: RequestContext, clientId: string, token: RefreshToken): Promise<void> {
  const issuedTo = token.kind === 'identifier' ? token.clientId : token.authorization.clientId;
  if (issuedTo !== clientId) return;
  try {
    const { authorization, expiresAt } = await heldGrant(ctx, token);
    await endGrant(ctx, authorization, authorization.longLived ? 0 : lifeLeft(ctx, expiresAt));
  } catch (error) {
    // What has ended already needs no revocation.
    if (!(error instanceof OAuthError)) throw error;
  }
}
