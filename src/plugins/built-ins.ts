import { promptValues } from '../protocol/authorize/prompts.ts';
import { codeResponseType } from '../protocol/authorize/response-types.ts';
import { clientSecretBasic } from '../protocol/client-auth/methods/client-secret-basic.ts';
import { clientSecretPost } from '../protocol/client-auth/methods/client-secret-post.ts';
import { noAuthentication } from '../protocol/client-auth/methods/none.ts';
import { authorizationCodeGrant } from '../protocol/grants/authorization-code.ts';
import { clientCredentialsGrant } from '../protocol/grants/client-credentials.ts';
import { refreshTokenGrant } from '../protocol/grants/refresh-token.ts';
import { createRegistry, type Registry } from '../protocol/registry.ts';
import { formPostMode, fragmentMode, queryMode } from '../protocol/response-modes/response-modes.ts';

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
