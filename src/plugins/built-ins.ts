import { codeResponseType, promptValues } from '../protocol/authorize/registrations.ts';
import { clientSecretBasic } from '../protocol/client-auth/methods/client-secret-basic.ts';
import { clientSecretPost } from '../protocol/client-auth/methods/client-secret-post.ts';
import { noAuthentication } from '../protocol/client-auth/methods/none.ts';
import { createRegistry, type Registry } from '../protocol/registry.ts';
import { formPostMode, fragmentMode, queryMode } from '../protocol/response-modes/response-modes.ts';
import { authorizationCodeGrant } from '../protocol/token/grants/authorization-code.ts';
import { clientCredentialsGrant } from '../protocol/token/grants/client-credentials.ts';
import { refreshTokenGrant } from '../protocol/token/grants/refresh-token.ts';

/** The registry with everything that the server brings along. The order is the one in which discovery lists it. */
export function builtInRegistry(): Registry {
  return createRegistry({
    grantTypes: [authorizationCodeGrant, refreshTokenGrant, clientCredentialsGrant],
    clientAuthMethods: [clientSecretBasic, clientSecretPost, noAuthentication],
    responseTypes: [codeResponseType],
    responseModes: [queryMode, fragmentMode, formPostMode],
    prompts: promptValues,
  });
}
