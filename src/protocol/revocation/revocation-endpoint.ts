import { createClientAuthentication } from '../client-auth/authenticate-client.ts';
import type { AuthenticatedClient } from '../client-auth/authenticated-client.ts';
import { clientEndpoint, refusalMeters } from '../client-auth/client-endpoint.ts';
import type { Provider, RequestContext, Route } from '../context.ts';
import { required, strictForm } from '../params/form.ts';
import { emptyReply } from '../replies.ts';
import { readAccessTokenJwt } from '../tokens/access-token.ts';
import { parseRefreshToken, refreshTokenSecret } from '../tokens/refresh-token.ts';
import { revokeAuthorization, revokeGrantId } from '../tokens/revocation.ts';

/** Token revocation (RFC 7009). */
export function createRevocationRoutes(provider: Provider): readonly Route[] {
  const metrics = 'revocationEndpoint';
  const successful = provider.metrics.meter(`${metrics}.successfulRequests`);
  const meterOf = refusalMeters(provider, metrics);
  const authenticate = createClientAuthentication(provider, 'OP6412');

  const endpoint = clientEndpoint<AuthenticatedClient>(provider, {
    metrics,
    timer: undefined,
    form: strictForm,
    authenticate: (ctx, request, form) => authenticate(ctx, request, form.params),
    async serve(ctx, { caller, form }) {
      // The hint only orders the search, and the form of a token tells more (RFC 7009, section 2.1).
      await revoke(ctx, caller, required(form.params, 'token'));
      successful.mark();
      return emptyReply(200);
    },
    refused: (_ctx, error) => meterOf(error).mark(),
  });
  return [{ method: 'POST', path: '/token/revoke', endpoint }];
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
  const accessToken = readAccessTokenJwt(provider, text);
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
  if (record?.gid !== gid || refreshTokenSecret(provider, record) !== secret) return;
  await revokeAuthorization(ctx, record);
}
