import { boolean, integer, list, oneOf, type SettingsOf } from '../../config/property.ts';

/** Properties of the token endpoint and its fellows. */
export const tokenProperties = {
  authMethods: list(
    'op.token.authMethods',
    ['client_secret_basic', 'client_secret_post', 'none'],
    'Client authentication methods that are accepted. The first other than none is the default of new clients.',
  ),
  eitherSecretMethod: boolean(
    'op.token.allowEitherSecretMethod',
    false,
    'Let a client that has registered client_secret_basic or client_secret_post send its secret by either, for libraries that use both. Both must be in op.token.authMethods.',
  ),
  httpMaxRequestSize: integer('op.token.httpMaxRequestSize', 50_000, 'Largest body of a back-channel request.', {
    unit: 'bytes',
    min: 1000,
  }),
  pruneAudience: boolean(
    'op.token.introspection.pruneAudience',
    true,
    'Show an introspecting client only itself in the audience.',
  ),
  anyResource: boolean(
    'op.token.allowUnregisteredResources',
    false,
    'Grant any resource to a client that acts for itself, not only those of its registration (resources) and of the configured audience.',
  ),
  clientCredentials: boolean(
    'op.grantHandler.clientCredentials.simpleHandler.enable',
    false,
    'Serve the client_credentials grant: the requested scope within the registered one.',
  ),
  clientCredentialsLifetime: integer(
    'op.grantHandler.clientCredentials.simpleHandler.accessToken.lifetime',
    0,
    'Lifetime of access tokens of the client_credentials grant; 0: authzStore.accessToken.defaultLifetime.',
    { unit: 'seconds', min: 0 },
  ),
  clientCredentialsEncoding: oneOf(
    'op.grantHandler.clientCredentials.simpleHandler.accessToken.encoding',
    ['SELF_CONTAINED', 'IDENTIFIER'],
    'SELF_CONTAINED',
    'Whether access tokens of the client_credentials grant are JWTs or identifiers.',
  ),
  clientCredentialsAudience: list(
    'op.grantHandler.clientCredentials.simpleHandler.accessToken.audienceList',
    [],
    'Audience of access tokens of the client_credentials grant, unless the request names resources.',
  ),
} as const;

/** Values of the token endpoint properties. */
export type TokenSettings = SettingsOf<typeof tokenProperties>;
