/** A condition that the server refuses: what the client is told, and where the rule stands. */
export interface ErrorEntry {
  /** OAuth 2.0, OpenID Connect or web API error code. */
  readonly code: string;
  /** HTTP status where the error leaves through a direct response. */
  readonly status: number;
  /** Public text, within the alphabet of RFC 6749, section 5.2; deliberately bland where detail would help an attacker. */
  readonly text: string;
  /** The specification that asks for it. */
  readonly spec: string;
}

const rfc = (number: number, section?: string) =>
  `https://www.rfc-editor.org/rfc/rfc${number}${section ? `#section-${section}` : ''}`;
const core = (anchor: string) => `https://openid.net/specs/openid-connect-core-1_0.html#${anchor}`;
const own = 'Tessera web API';

/** Every error of the server, by its stable identifier. `docs/reference/errors.md` is generated from it. */
export const errorCatalogue = {
  // HTTP and parameters
  'malformed-form': entry('invalid_request', 400, 'Malformed request parameters', rfc(6749, '5.2')),
  'malformed-json': entry('invalid_request', 400, 'Malformed JSON', rfc(8259)),
  'unexpected-content-type': entry('invalid_request', 400, 'Missing or unexpected Content-Type', rfc(9110, '8.3')),
  'body-too-large': entry('invalid_request', 400, 'The request body is too large', rfc(6749, '5.2')),
  'repeated-parameter': entry('invalid_request', 400, 'A request parameter is repeated', rfc(6749, '3.1')),
  'missing-parameter': entry('invalid_request', 400, 'A required request parameter is missing', rfc(6749, '5.2')),
  'invalid-parameter': entry('invalid_request', 400, 'A request parameter has an invalid value', rfc(6749, '5.2')),
  'malformed-scope': entry('invalid_scope', 400, 'The scope is malformed or too large', rfc(6749, '3.3')),
  'method-not-allowed': entry('invalid_request', 405, 'The HTTP method is not supported here', rfc(9110, '15.5.6')),
  'no-such-resource': entry('not_found', 404, 'There is no such resource', rfc(9110, '15.5.5')),
  'bad-request': entry('invalid_request', 400, 'Bad request', rfc(9110, '15.5.1')),
  'origin-refused': entry(
    'access_denied',
    403,
    'The origin may not call',
    'https://fetch.spec.whatwg.org/#cors-protocol',
  ),
  'unknown-issuer': entry('invalid_request', 400, 'Unknown issuer', own),
  'server-error': entry('server_error', 500, 'Unexpected server error', rfc(6749, '4.1.2.1')),
  'storage-away': entry(
    'temporarily_unavailable',
    503,
    'The server cannot serve requests at the moment, try again later',
    rfc(6749, '4.1.2.1'),
  ),
  // Client authentication
  'client-authentication-failed': entry(
    'invalid_client',
    401,
    'Client authentication failed. Possible causes: missing or invalid client ID, missing client authentication, invalid or expired client secret, or unexpected client authentication method',
    rfc(6749, '5.2'),
  ),
  'several-client-authentications': entry(
    'invalid_request',
    400,
    'More than one client authentication method in the request',
    rfc(6749, '2.3'),
  ),
  // Token endpoint
  'unsupported-grant-type': entry('unsupported_grant_type', 400, 'Unsupported grant type', rfc(6749, '5.2')),
  'grant-not-registered': entry(
    'unauthorized_client',
    400,
    'The client is not registered for this grant type',
    rfc(6749, '5.2'),
  ),
  'invalid-code': entry(
    'invalid_grant',
    400,
    'Invalid, expired or used authorization code, or mismatch of client, redirect_uri or code_verifier',
    rfc(6749, '5.2'),
  ),
  'invalid-refresh-token': entry('invalid_grant', 400, 'Invalid, expired or revoked refresh token', rfc(6749, '5.2')),
  'scope-exceeds-grant': entry('invalid_scope', 400, 'The scope exceeds the scope granted', rfc(6749, '6')),
  'scope-not-registered': entry('invalid_scope', 400, 'The scope is not allowed', rfc(6749, '3.3')),
  'invalid-target': entry('invalid_target', 400, 'Invalid, unknown or malformed resource', rfc(8707, '2')),
  'unsupported-token-type': entry('unsupported_token_type', 400, 'Unsupported token type', rfc(7009, '2.2.1')),
  'token-too-large': entry('invalid_request', 400, 'The token would be larger than this server takes', own),
  'introspection-not-allowed': entry(
    'access_denied',
    403,
    'The client may not introspect tokens: it is not registered for the client_credentials grant (grant_types)',
    rfc(7662, '2.1'),
  ),
  // Bearer-protected resources
  'missing-token': entry('missing_token', 401, 'Unauthorized: Missing Bearer access token', rfc(6750, '3')),
  'invalid-token': entry('invalid_token', 401, 'Invalid, expired or revoked access token', rfc(6750, '3.1')),
  'invalid-api-token': entry('invalid_token', 401, 'Unauthorized: Invalid Bearer access token', rfc(6750, '3.1')),
  'insufficient-scope': entry(
    'insufficient_scope',
    403,
    'The access token has an insufficient scope',
    rfc(6750, '3.1'),
  ),
  'web-api-disabled': entry('web_api_disabled', 403, 'The web API is disabled: no access token is configured', own),
  // Authorization endpoint: errors shown to the user, never sent to a redirection URI
  'unknown-client': entry('invalid_request', 400, 'Missing or unknown client_id', rfc(6749, '4.1.2.1')),
  'missing-redirect-uri': entry('invalid_request', 400, 'Missing redirect_uri', rfc(6749, '3.1.2.3')),
  'unregistered-redirect-uri': entry(
    'invalid_request',
    400,
    'The redirect_uri is not registered for the client',
    rfc(6749, '3.1.2.4'),
  ),
  // Authorization endpoint: errors for the client
  'missing-response-type': entry('invalid_request', 400, 'Missing response_type', rfc(6749, '3.1.1')),
  'unsupported-response-type': entry(
    'unsupported_response_type',
    400,
    'Unsupported response_type',
    rfc(6749, '4.1.2.1'),
  ),
  'response-type-not-registered': entry(
    'unauthorized_client',
    400,
    'The client is not registered for this response_type',
    rfc(6749, '4.1.2.1'),
  ),
  'unsupported-response-mode': entry(
    'invalid_request',
    400,
    'Unsupported response_mode',
    'https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#ResponseModes',
  ),
  'request-not-supported': entry('request_not_supported', 400, 'Request objects are not supported', core('AuthError')),
  'request-uri-not-supported': entry(
    'request_uri_not_supported',
    400,
    'Request URIs are not supported',
    core('AuthError'),
  ),
  'registration-not-supported': entry(
    'registration_not_supported',
    400,
    'The registration parameter is not supported',
    core('AuthError'),
  ),
  'pkce-required': entry('invalid_request', 400, 'PKCE is required: missing code_challenge', rfc(7636, '4.4.1')),
  'pkce-method-refused': entry('invalid_request', 400, 'The code_challenge_method is not allowed', rfc(7636, '4.4.1')),
  'pkce-malformed': entry('invalid_request', 400, 'Malformed code_challenge', rfc(7636, '4.2')),
  'invalid-prompt': entry('invalid_request', 400, 'Invalid prompt', core('AuthRequest')),
  'id-token-hint-required': entry('invalid_request', 400, 'prompt=none requires an id_token_hint', core('AuthRequest')),
  'invalid-id-token-hint': entry('invalid_request', 400, 'Invalid id_token_hint', core('AuthRequest')),
  'login-required': entry('login_required', 400, 'Login required', core('AuthError')),
  'consent-required': entry('consent_required', 400, 'Consent required', core('AuthError')),
  'other-subject': entry('login_required', 400, 'Another subject is required', core('ImplicitIDTValidation')),
  'unmet-authentication-requirements': entry(
    'unmet_authentication_requirements',
    400,
    'The authentication does not meet the requirements of the request',
    'https://openid.net/specs/openid-connect-unmet-authentication-requirements-1_0.html',
  ),
  'access-denied': entry(
    'access_denied',
    400,
    'Access denied by resource owner or authorization server',
    rfc(6749, '4.1.2.1'),
  ),
  // Integration web APIs
  'invalid-session': entry('invalid_session', 404, 'Invalid or expired session', own),
  'concurrent-change': entry('invalid_request', 400, 'The session was changed by another request', own),
  'session-quota': entry('access_denied', 403, 'The session quota of the subject is exhausted', own),
  'client-metadata-conflict': entry(
    'client_metadata_conflict',
    409,
    'The registered client metadata prevents the operation',
    own,
  ),
  'invalid-configuration': entry('invalid_request', 400, 'Invalid configuration', own),
  // Client registration
  'invalid-redirect-uri': entry('invalid_redirect_uri', 400, 'Invalid redirect_uris', rfc(7591, '3.2.2')),
  'invalid-client-metadata': entry('invalid_client_metadata', 400, 'Invalid client metadata', rfc(7591, '3.2.2')),
  'registration-closed': entry('access_denied', 403, 'Open registration is not allowed', rfc(7591, '3')),
  'no-such-client': entry('not_found', 404, 'There is no such client', own),
} as const satisfies Record<string, ErrorEntry>;

/** The stable identifier of an error. */
export type ErrorId = keyof typeof errorCatalogue;

function entry(code: string, status: number, text: string, spec: string): ErrorEntry {
  return { code, status, text, spec };
}
