import {
  apiTokenHashes,
  boolean,
  integer,
  list,
  listOf,
  type SettingsOf,
  urlReference,
} from '../../config/property.ts';

/** Properties of the authorization endpoint and of authorisation sessions. */
export const authorizeProperties = {
  endpoint: urlReference(
    'op.authz.endpoint',
    'URL of the login page, which is the authorization endpoint; absolute or relative to the issuer. Required.',
  ),
  apiTokens: apiTokenHashes('op.authz.apiAccessTokenSHA256', '/authz-sessions/rest/v3'),
  sessionLifetime: integer('op.authz.sessionLifetime', 15, 'Time from a request until the response to it.', {
    unit: 'minutes',
    min: 1,
    max: 1440,
  }),
  allowedPkce: listOf(
    'op.authz.allowedPKCE',
    ['plain', 'S256'],
    ['plain', 'S256'],
    'The PKCE methods that are accepted.',
  ),
  requiredPkce: listOf(
    'op.authz.requiredPKCE',
    ['plain', 'S256'],
    [],
    'The PKCE methods of which every request must use one; empty: PKCE is up to the client.',
  ),
  alwaysRequireRedirectUri: boolean(
    'op.authz.alwaysRequireRedirectURI',
    false,
    'Refuse requests without redirect_uri even when the client has registered just one.',
  ),
  responseModes: list(
    'op.authz.responseModes',
    ['query', 'fragment', 'form_post'],
    'The response modes that are accepted.',
  ),
  includeClientInfoInAuthPrompt: boolean(
    'op.authz.includeClientInfoInAuthPrompt',
    false,
    'Tell the login page about the client in the auth prompt.',
  ),
  includeClientInfoInFinalResponse: boolean(
    'op.authz.includeClientInfoInFinalResponse',
    false,
    'Tell the login page about the client in the final response.',
  ),
  includeSubjectSessionInFinalResponse: boolean(
    'op.authz.includeSubjectSessionInFinalResponse',
    false,
    'Give the subject session to the login page in the final response.',
  ),
  includeOtherConsented: boolean(
    'op.authz.includeOtherConsentedScopeAndClaimsInPrompt',
    false,
    'Show the login page what was consented before and is not requested now.',
  ),
  includeRawClaimsRequest: boolean(
    'op.authz.includeRawClaimsRequestInPrompt',
    false,
    'Give the claims parameter to the login page in the consent prompt.',
  ),
  requestParamsInAuthPrompt: list(
    'op.authz.requestParamsInAuthPrompt',
    [],
    'Request parameters to give to the login page in the auth prompt. Those that no specification names are dropped unless one of these two lists has them.',
  ),
  requestParamsInConsentPrompt: list(
    'op.authz.requestParamsInConsentPrompt',
    [],
    'Request parameters to give to the login page in the consent prompt. Those that no specification names are dropped unless one of these two lists has them.',
  ),
  alwaysPromptForAuth: boolean('op.authz.alwaysPromptForAuth', false, 'Never sign in by an existing session.'),
  alwaysPromptForConsent: boolean('op.authz.alwaysPromptForConsent', false, 'Never skip the consent prompt.'),
  requireIdTokenHintWithPromptNone: boolean(
    'op.authz.requireIDTokenHintWithPromptNone',
    false,
    'Refuse prompt=none without id_token_hint.',
  ),
  limitToRegisteredScope: boolean(
    'op.authz.limitToRegisteredScope',
    true,
    'Ask consent only for scope values that the client has registered, where it has registered any.',
    { aliases: ['op.authz.limitScopeToRegistered'] },
  ),
  customErrorCodes: list(
    'op.authz.customErrorCodes',
    [],
    'Further error codes with which the login page may end an authorisation session.',
  ),
  advertisedScopes: list(
    'op.authz.advertisedScopes',
    ['openid'],
    'scopes_supported of the metadata; none of them is marked as unknown to the login page.',
  ),
  advertisedClaims: list(
    'op.authz.advertisedClaims',
    ['sub'],
    'claims_supported of the metadata; none of them is marked as unknown to the login page.',
  ),
  advertisedDisplayTypes: list(
    'op.authz.advertisedDisplayTypes',
    ['page'],
    'display_values_supported of the metadata.',
  ),
  advertisedAcrs: list('op.authz.advertisedACRs', [], 'acr_values_supported of the metadata.'),
  advertisedUiLocales: list('op.authz.advertisedUILocales', [], 'ui_locales_supported of the metadata.'),
  advertisedClaimsLocales: list('op.authz.advertisedClaimsLocales', [], 'claims_locales_supported of the metadata.'),
} as const;

/** Values of the authorization endpoint properties. */
export type AuthorizeSettings = SettingsOf<typeof authorizeProperties>;
