import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import {
  authenticateClient,
  ClientAuthenticationError,
  clientAuthenticationReply,
} from '../client-auth/authenticate-client.ts';
import type { Provider, RequestContext, Route } from '../context.ts';
import { measured } from '../measured.ts';
import { formParams, required } from '../params/form.ts';
import { emptyReply, errorReply } from '../replies.ts';
import { revokeToken } from './revoke-token.ts';

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
      await revokeToken(ctx, client, required(params, 'token'));
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
