import { counted, debug, info, warn } from './event.ts';

/** The authorization endpoint, which is the authorisation session API. */
export const authorizationEvents = {
  requested: counted('authzEndpoint.requests', 'An authorization request came in'),
  silentlyRequested: counted('authzEndpoint.silentRequests', 'A request with `prompt=none`'),
  errorShown: info(
    'OP2131',
    'Authorization request shown as an error',
    { error: 'text', cause: 'text' },
    {
      meter: 'authzEndpoint.nonRedirectingErrors',
      meaning: 'An authorization request was answered with an error for the user, without redirect',
    },
  ),
  requestRefused: info(
    'OP2132',
    'Authorization request refused',
    { error: 'text', cause: 'text' },
    {
      meter: 'authzEndpoint.invalidRequests',
      meaning: 'An authorization request was refused with an error for the client',
    },
  ),
  offlineAccessIgnored: warn(
    'OP2134',
    'Scope value offline_access ignored: the client is not registered for the grant refresh_token (grant_types)',
    { clientId: 'text' },
    { meaning: 'The scope of consent and tokens is without `offline_access`, as there will be no refresh token' },
  ),
  claimsIgnored: info(
    'OP2135',
    'Claims of an authorization request ignored: nobody knows them, and they are too many or no plain names',
    { clientId: 'text', ignored: 'number' },
    { meaning: 'A claim is known by `op.authz.advertisedClaims`, `op.claims.map` or the claims that a source names' },
  ),
  sessionStarted: info('OP2101', 'Authorisation session started', { clientId: 'text', state: 'text' }),
  authenticationRequired: debug('OP2130', 'Authentication is required', { reason: 'text' }),
  authenticationPrompted: counted('authzEndpoint.authPrompts', 'The login page is asked to authenticate the subject'),
  authenticated: counted('authzEndpoint.successfulSubjectAuthentications', 'A subject has signed in'),
  authenticationDenied: counted(
    'authzEndpoint.failedSubjectAuthentications',
    'The login page ended the authentication with `access_denied`',
  ),
  consentRequired: debug('OP2130', 'Consent is required', { reason: 'text?' }),
  consentPrompted: counted('authzEndpoint.consentPrompts', 'The login page is asked for consent'),
  consented: counted('authzEndpoint.consents', 'A consent was accepted'),
  consentDenied: counted('authzEndpoint.consentDenials', 'The login page ended the consent with `access_denied`'),
  cancelled: counted('authzEndpoint.invalidRequests', 'The login page ended a request with another error'),
  answered: info(
    'OP2103',
    'Authorisation request answered',
    { clientId: 'text' },
    { meter: 'authzEndpoint.successfulResponses' },
  ),
  answeredWithoutPrompt: counted('authzEndpoint.ssoResponses', 'A request was answered without a sign-in'),
  refused: info(
    'OP2103',
    'Authorisation request refused',
    { clientId: 'text', error: 'text', cause: 'text' },
    { meaning: 'An authorization request was refused with an error for the client, after it had been accepted' },
  ),
  failed: counted('authzEndpoint.serverErrors', 'A request failed for an internal reason'),
} as const;
