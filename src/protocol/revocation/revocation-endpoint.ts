import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import {
  authenticateClient,
  ClientAuthenticationError,
  clientAuthenticationReply,
} from '../client-auth/authenticate-client.ts';
import type { AuthenticatedClient } from '../client-auth/authenticated-client.ts';
import type { Provider, RequestContext, Route } from '../context.ts';
import { measured } from '../measured.ts';
import { formParams, required } from '../params/form.ts';
import { emptyReply, errorReply } from '../replies.ts';
import { readAccessTokenJwt } from '../tokens/access-token.ts';
import { isRefreshTokenSecret, parseRefreshToken } from '../tokens/refresh-token.ts';
import { revokeAuthorization, revokeGrantId } from '../tokens/revocation.ts';

/** Token revocation (RFC 7009). */
export function createRevocationRoutes(provider: Provider): readonly Route[] {
  const meter = (name: string) => provider.metrics.meter(`revocationEndpoint.${name}`);
  const successful = meter('successfulRequests');
  const invalidRequests = meter('invalidRequests');
  const invalidClients = meter('invalidClientErrors');

  const endpoint = async (ctx: RequestContext, request: HttpRequest): Promise<HttpReply> => {
    try {
      const params = formParams(request, provider.settings.token.httpMaxRequestSize);
      const client = await authenticateClient(ctx, request, params, 'OP6412');
      // The hint only orders the search, and the form of a token tells more (RFC 7009, section 2.1).
      await revoke(ctx, client, required(params, 'token'));
      successful.mark();
      return emptyReply(200);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      if (error instanceof ClientAuthenticationError) {
        invalidClients.mark();
        return clientAuthenticationReply(error);
      }
      invalidRequests.mark();
      return errorReply(error);
    }
  };
  const timed = measured(provider.metrics, 'revocationEndpoint', endpoint);
  return [{ method: 'POST', path: '/token/revoke', endpoint: timed }];
}

/** Revokes a token of the client. A token of another client, or no token at all, is left alone without a word. */
async function revoke(ctx: RequestContext, { client }: AuthenticatedClient, text: string): Promise<void> {
  const { provider } = ctx;
  const identifier = provider.identifiers.check('access-token', text);
  if (identifier) {
    const found = await provider.stores.accessTokens.find(identifier.key);
    if (found?.token.cid === client.id) await provider.stores.accessTokens.remove(identifier.key);
    return;
  }
  const accessToken = await readAccessTokenJwt(provider, text);
  if (accessToken) {
    if (accessToken.cid !== client.id) return;
    const gid = accessToken.gid ?? accessToken.jti;
    if (gid === accessToken.jti) await revokeGrantId(ctx, gid, accessToken.exp - provider.clock.now());
    else await revokeAuthorization(ctx, { ...accessToken, gid });
    return;
  }
  await revokeRefreshToken(ctx, client.id, text);
}

async function revokeRefreshToken(ctx: RequestContext, clientId: string, text: string): Promise<void> {
  const { provider } = ctx;
  const parsed = parseRefreshToken(provider, text);
  if (parsed?.kind === 'self-contained') {
    const { authorization } = parsed.token;
    if (authorization.cid === clientId) await revokeAuthorization(ctx, authorization);
    return;
  }
  if (parsed?.token.cid !== clientId) return;
  const { sub, act, cid, gid, secret } = parsed.token;
  const record = await provider.stores.authorizations.get({ sub, act, cid });
  // A token that has been rotated away or revoked stands for nothing any more.
  if (record?.gid !== gid || !isRefreshTokenSecret(provider, record, secret)) return;
  await revokeAuthorization(ctx, record);
}
