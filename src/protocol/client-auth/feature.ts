import type { Feature } from '../features/feature.ts';
import { add } from '../features/kinds.ts';
import { clientAuthMethods } from './client-auth-method.ts';
import { authenticationMembers } from './client-members.ts';
import { clientSecretBasic } from './methods/client-secret-basic.ts';
import { clientSecretPost } from './methods/client-secret-post.ts';
import { noAuthentication } from './methods/none.ts';

/** How clients authenticate at the token endpoint and its fellows. */
export const clientAuthFeature: Feature = {
  name: 'clientAuth',
  title: 'Client authentication',
  clientMetadata: authenticationMembers,
  registers: () => [add(clientAuthMethods, clientSecretBasic, clientSecretPost, noAuthentication)],
};
