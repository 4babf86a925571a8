import { OAuthError } from '../../../errors/oauth-error.ts';
import type { ClientAuthMethod } from '../client-auth-method.ts';
import { verifySecret } from '../client-secret.ts';

/** ID and secret in the form (RFC 6749, section 2.3.1). */
export const clientSecretPost: ClientAuthMethod = {
  name: 'client_secret_post',
  needsSecret: true,
  implicit: false,
  find(_ctx, _request, params) {
    const credential = params.get('client_secret');
    if (credential === undefined) return undefined;
    const clientId = params.get('client_id');
    if (clientId === undefined) throw new OAuthError('client-authentication-failed', 'client_secret without client_id');
    return { clientId, credential };
  },
  verify: verifySecret,
};
