import { offeredAuthMethods } from '../client-auth/client-members.ts';
import { byAccessToken, byClient } from '../features/access.ts';
import { form, json } from '../features/body-shape.ts';
import type { Feature } from '../features/feature.ts';
import { introspectionScope } from '../reserved-scope.ts';
import { createIntrospectionEndpoint } from './introspection-endpoint.ts';

const place = '/token/introspect';

/** Token introspection (RFC 7662). */
export const introspectionFeature: Feature = {
  name: 'introspection',
  title: 'Token introspection',
  place,
  routes: [
    {
      method: 'POST',
      path: place,
      purpose: 'What an access token is worth (RFC 7662)',
      access: [...byClient, ...byAccessToken(introspectionScope)],
      request: form({ token: 'string', token_type_hint: 'string?' }),
      response: json({
        active: 'boolean',
        iss: 'string?',
        sub: 'string?',
        client_id: 'string?',
        scope: 'string?',
        token_type: 'string?',
        iat: 'number?',
        exp: 'number?',
        jti: 'string?',
        aud: 'string[]?',
      }),
      endpoint: createIntrospectionEndpoint,
    },
  ],
  metadata: (provider) => ({
    introspection_endpoint: `${provider.issuer}${place}`,
    introspection_endpoint_auth_methods_supported: offeredAuthMethods(provider).filter((name) => name !== 'none'),
  }),
};
