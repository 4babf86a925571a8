import { clientAuthMethods } from '../client-auth/client-auth-method.ts';
import { offeredAuthMethods } from '../client-auth/client-members.ts';
import { byClient } from '../features/access.ts';
import { form, json } from '../features/body-shape.ts';
import type { Feature } from '../features/feature.ts';
import { add } from '../features/kinds.ts';
import { configuredLimit } from '../features/limit.ts';
import { checkOffer } from '../features/served-names.ts';
import { authorizationCodeGrant } from './authorization-code.ts';
import { clientCredentialsGrant } from './client-credentials.ts';
import { grantMembers } from './client-members.ts';
import { grantTypes } from './grant-type.ts';
import { tokenProperties } from './properties.ts';
import { refreshTokenGrant } from './refresh-token.ts';
import { createTokenEndpoint } from './token-endpoint.ts';

const place = '/token';

/** The token endpoint with its grants (RFC 6749, section 3.2). */
export const tokenFeature: Feature = {
  name: 'token',
  title: 'Token',
  place,
  properties: tokenProperties,
  limits: [
    configuredLimit(
      'Body of a request to the endpoints of clients, and to UserInfo',
      tokenProperties.httpMaxRequestSize,
      {
        error: 'body-too-large',
      },
    ),
  ],
  check: (settingsOf, { registry }) =>
    checkOffer(registry, {
      property: tokenProperties.authMethods.name,
      configured: settingsOf(tokenProperties).authMethods,
      kind: clientAuthMethods,
      standard: ['client_secret_jwt', 'private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
    }),
  routes: [
    {
      method: 'POST',
      path: place,
      purpose: 'Tokens for a grant, such as a code or a refresh token (RFC 6749)',
      access: byClient,
      request: form({ grant_type: 'string', scope: 'string?', resource: 'string[]?' }),
      response: json({
        access_token: 'string',
        token_type: 'string',
        expires_in: 'number',
        scope: 'string?',
        refresh_token: 'string?',
        id_token: 'string?',
      }),
      endpoint: createTokenEndpoint,
    },
  ],
  metadata: (provider) => ({
    token_endpoint: `${provider.issuer}${place}`,
    token_endpoint_auth_methods_supported: offeredAuthMethods(provider),
    grant_types_supported: [...provider.registry.of(grantTypes).values()]
      .filter((grant) => grant.isEnabled(provider.settingsOf))
      .map(({ name }) => name),
  }),
  clientMetadata: grantMembers,
  registers: () => [add(grantTypes, authorizationCodeGrant, refreshTokenGrant, clientCredentialsGrant)],
};
