import { offeredAuthMethods } from '../client-auth/client-members.ts';
import { byClient } from '../features/access.ts';
import { form } from '../features/body-shape.ts';
import type { Feature } from '../features/feature.ts';
import { createRevocationEndpoint } from './revocation-endpoint.ts';

const place = '/token/revoke';

/** Token revocation (RFC 7009). */
export const revocationFeature: Feature = {
  name: 'revocation',
  title: 'Token revocation',
  place,
  routes: [
    {
      method: 'POST',
      path: place,
      purpose: 'Revoke a token (RFC 7009)',
      access: byClient,
      request: form({ token: 'string', token_type_hint: 'string?' }),
      endpoint: createRevocationEndpoint,
    },
  ],
  metadata: (provider) => ({
    revocation_endpoint: `${provider.issuer}${place}`,
    revocation_endpoint_auth_methods_supported: offeredAuthMethods(provider),
  }),
};
