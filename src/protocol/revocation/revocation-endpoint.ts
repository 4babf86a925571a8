import { events } from '../../events/catalogue.ts';
import { createClientAuthentication } from '../client-auth/authenticate-client.ts';
import type { AuthenticatedClient } from '../client-auth/authenticated-client.ts';
import { clientEndpoint } from '../client-auth/client-endpoint.ts';
import type { Endpoint, Provider } from '../context.ts';
import { required, strictForm } from '../params/form.ts';
import { emptyReply } from '../replies.ts';
import { revokeToken } from './revoke-token.ts';

/** Token revocation (RFC 7009). */
export function createRevocationEndpoint(provider: Provider): Endpoint {
  const { failed, ...told } = events.revocation;
  const authenticate = createClientAuthentication(provider, told.clientAuthenticationFailed);

  return clientEndpoint<AuthenticatedClient>(provider, {
    failure: failed,
    timer: undefined,
    form: strictForm,
    authenticate: (ctx, request, form) => authenticate(ctx, request, form.params),
    async serve(ctx, { caller, form }) {
      // The hint only orders the search, and the form of a token tells more (RFC 7009, section 2.1).
      await revokeToken(ctx, caller, required(form.params, 'token'));
      ctx.emit(told.successful);
      return emptyReply(200);
    },
    refused: (ctx, { code }) => ctx.emit(code === 'invalid_client' ? told.invalidClient : told.invalidRequest),
  });
}
