import { apiTokenHashes, boolean, integer, list, type SettingsOf } from '../../config/property.ts';

/** Properties of the client registry. */
export const registrationProperties = {
  allowOpenRegistration: boolean(
    'op.reg.allowOpenRegistration',
    false,
    'Let anybody register clients without a token.',
  ),
  apiTokens: apiTokenHashes('op.reg.apiAccessTokenSHA256', '/clients as master', [
    'op.reg.secondaryAPIAccessTokenSHA256',
  ]),
  requireInitialAccessTokenAudience: boolean(
    'op.reg.requireInitialAccessTokenAudience',
    true,
    'A one-time initial access token must name the issuer or the registration endpoint in its audience.',
  ),
  rejectNonTlsRedirectionUris: boolean(
    'op.reg.rejectNonTLSRedirectionURIs',
    true,
    'Refuse plain http redirection URIs (loopback URIs of native clients excepted).',
  ),
  allowLocalhostRedirectionUrisForTest: boolean(
    'op.reg.allowLocalhostRedirectionURIsForTest',
    false,
    'Let web clients register redirection URIs on localhost. For tests only.',
  ),
  allowedCustomSchemes: list(
    'op.reg.allowedCustomURISchemes',
    [],
    'Custom URI schemes without a dot, e.g. myapp, that native clients may register all the same. Others are reversed domain names (RFC 8252, section 7.1), which no other application has.',
  ),
  denyPrivateAddresses: boolean(
    'op.reg.resourceRetriever.denyPrivateAddresses',
    true,
    'Refuse URLs of clients (jwks_uri, request_uris, backchannel_logout_uri) on loopback, link-local and private addresses, at the registration and wherever they are fetched.',
  ),
  allowNonTlsLogoutUrisForTest: boolean(
    'op.reg.allowNonTLSLogoutURIsForTest',
    false,
    'Let clients register plain http logout URIs. For tests only.',
  ),
  accessTokenByteLength: integer(
    'op.reg.accessTokenByteLength',
    32,
    'Length of the registration access tokens that the server makes.',
    { unit: 'bytes', min: 16, max: 128 },
  ),
  refreshAccessTokenOnUpdate: boolean(
    'op.reg.refreshAccessTokenOnUpdate',
    true,
    'Make a new registration access token at each update.',
  ),
  clientIdByteLength: integer('op.reg.clientIDByteLength', 8, 'Length of the client IDs that the server makes.', {
    unit: 'bytes',
    min: 1,
    max: 48,
  }),
  clientSecretLifetime: integer('op.reg.clientSecretLifetime', 0, 'Lifetime of client secrets; 0: no end.', {
    unit: 'seconds',
    min: 0,
  }),
  alwaysRefreshClientSecretOnUpdate: boolean(
    'op.reg.alwaysRefreshClientSecretOnUpdate',
    true,
    'Make a new client secret at each update; the old one stays valid for 30 minutes.',
  ),
  httpMaxRequestSize: integer('op.reg.httpMaxRequestSize', 250_000, 'Largest body of a POST or PUT at /clients.', {
    unit: 'bytes',
    min: 1000,
  }),
  clientCacheLifetime: integer(
    'op.reg.clientCacheLifetime',
    2,
    'For how long a process may go on with a registration that another process has changed or removed; 0: read the store for each request.',
    { unit: 'seconds', min: 0, max: 60 },
  ),
  clientCacheSize: integer(
    'op.reg.clientCacheSize',
    67_108_864,
    'What the registrations that a process keeps in memory may take; the oldest make room.',
    { unit: 'bytes', min: 0 },
  ),
  metadataMaxSize: integer(
    'op.reg.metadataMaxSize',
    65_536,
    'Largest registration, as JSON with its defaults and without credentials.',
    { unit: 'characters', min: 1000 },
  ),
} as const;

/** Values of the registration properties. */
export type RegistrationSettings = SettingsOf<typeof registrationProperties>;
