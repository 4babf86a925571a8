import { createClientAuthentication } from '../client-auth/authenticate-client.ts';
import type { AuthenticatedClient } from '../client-auth/authenticated-client.ts';
import { clientEndpoint, refusalMeters } from '../client-auth/client-endpoint.ts';
import type { Endpoint, Provider } from '../context.ts';
import { required, strictForm } from '../params/form.ts';
import { emptyReply } from '../replies.ts';
import { revokeToken } from './revoke-token.ts';

/** Token revocation (RFC 7009). */
export function createRevocationEndpoint(provider: Provider): Endpoint {
  const metrics = 'revocationEndpoint';
  const successful = provider.metrics.meter(`${metrics}.successfulRequests`);
  const meterOf = refusalMeters(provider, metrics);
  const authenticate = createClientAuthentication(provider, 'OP6412');

  return clientEndpoint<AuthenticatedClient>(provider, {
    metrics,
    timer: undefined,
    form: strictForm,
    authenticate: (ctx, request, form) => authenticate(ctx, request, form.params),
    async serve(ctx, { caller, form }) {
      // The hint only orders the search, and the form of a token tells more (RFC 7009, section 2.1).
      await revokeToken(ctx, caller, required(form.params, 'token'));
      successful.mark();
      return emptyReply(200);
    },
    refused: (_ctx, error) => meterOf(error).mark(),
  });
}
