import { boolean, integer, list, type SettingsOf, text, url } from '../../config/property.ts';

/** Properties of the HTTP claims source. */
export const httpClaimsSourceProperties = {
  enable: boolean('op.httpClaimsSource.enable', false, 'Ask a web service for the claims of subjects.'),
  supportedClaims: list(
    'op.httpClaimsSource.supportedClaims',
    [],
    'The claims that the service has: names, prefixes ending in *, or * for all. Required when enabled.',
  ),
  url: url('op.httpClaimsSource.url', 'Where the service takes its POST requests. Required when enabled.'),
  connectTimeout: integer('op.httpClaimsSource.connectTimeout', 1000, 'Time to connect to the service.', {
    unit: 'milliseconds',
    min: 1,
    max: 60_000,
  }),
  readTimeout: integer('op.httpClaimsSource.readTimeout', 1000, 'Time to wait for data of the service.', {
    unit: 'milliseconds',
    min: 1,
    max: 60_000,
  }),
  trustSelfSignedCerts: boolean(
    'op.httpClaimsSource.trustSelfSignedCerts',
    false,
    'Do not check the TLS certificate of the service. For tests only.',
  ),
  apiAccessToken: text('op.httpClaimsSource.apiAccessToken', 'The bearer token for the service.', { secret: true }),
  includeSubjectSessionId: boolean(
    'op.httpClaimsSource.includeSubjectSessionID',
    false,
    'Tell the service the ID of the subject session. Not supported: true is refused.',
  ),
  includeSubjectSession: boolean(
    'op.httpClaimsSource.includeSubjectSession',
    false,
    'Give the subject session to the service. Not supported: true is refused.',
  ),
  includeScope: boolean('op.httpClaimsSource.includeScope', false, 'Tell the service the consented scope.'),
} as const;

/** Values of the properties of the HTTP claims source. */
export type HttpClaimsSourceSettings = SettingsOf<typeof httpClaimsSourceProperties>;
