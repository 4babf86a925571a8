import { type ClientAuthMethod, proven } from '../client-auth-method.ts';
import { expiredSecret, hasExpired } from '../client-secret.ts';

/** A public client names itself (RFC 6749, section 3.2.1). */
export const noAuthentication: ClientAuthMethod = {
  name: 'none',
  needsSecret: false,
  implicit: true,
  find(_ctx, _request, params) {
    const clientId = params.get('client_id');
    return clientId === undefined ? undefined : { clientId, credential: '' };
  },
  // Its ID tokens could not be signed; told before the code is spent.
  verify: (ctx, client) =>
    client.secret !== undefined && hasExpired(client, ctx.provider.clock.now()) ? expiredSecret : proven,
};
