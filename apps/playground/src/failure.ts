import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { isJsonObject, parseJson } from '../../kit/src/json.ts';
import type { Exchange } from './exchange-recorder.ts';

/** Something that went wrong, for a reader who is learning the protocol. */
export interface Failure {
  /** Who refused: the server in an OAuth error response, this client in a check, or the network. */
  readonly source: 'server' | 'client' | 'network';
  /** The OAuth `error`, or the code of the client's check. */
  readonly code: string;
  /** What the server or the client library said about it. */
  readonly description?: string;
  /** What it means and what to do. */
  readonly meaning: string;
}

const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['access_denied', 'The user, or the policy of the server, said no. Nothing was issued.'],
  ['account_selection_required', 'The user must choose an account, but prompt=none forbids showing a page.'],
  [
    'consent_required',
    'The user has not agreed to all of this yet, and prompt=none forbids asking. Sign in without it.',
  ],
  ['insufficient_scope', 'The access token is fine but lacks a scope for this endpoint; UserInfo needs openid.'],
  ['interaction_required', 'The server needs the user to do something, but prompt=none forbids showing a page.'],
  [
    'invalid_client',
    'The server did not accept the client: wrong client ID or secret, or another authentication method than registered.',
  ],
  [
    'invalid_grant',
    'The code or refresh token is not valid (any more): used before, revoked, expired, or meant for another client, ' +
      'redirect URI or PKCE verifier.',
  ],
  ['invalid_request', 'A parameter is missing, repeated or malformed, or parameters contradict each other.'],
  ['invalid_scope', 'A scope is unknown, malformed, or not allowed for this client.'],
  ['invalid_token', 'The access token is expired, revoked, or not from this server. Refresh it, or sign in again.'],
  ['login_required', 'Nobody is signed in at the server, and prompt=none forbids showing a page. Sign in without it.'],
  ['registration_not_supported', 'The server takes no registration parameter in authorization requests.'],
  ['request_not_supported', 'The server takes no request objects by value.'],
  ['request_uri_not_supported', 'The server takes no request objects by reference.'],
  ['server_error', 'The server failed in a way it did not expect. Its log knows more.'],
  ['temporarily_unavailable', 'The server is overloaded or in maintenance. Try again in a while.'],
  ['unauthorized_client', 'The client is known, but is not registered for this grant, response type or endpoint.'],
  [
    'unmet_authentication_requirements',
    'The user could not be authenticated as strongly as acr_values or claims demand.',
  ],
  ['unsupported_grant_type', 'The token endpoint does not know this grant type.'],
  ['unsupported_response_type', 'The server does not support this response type, or not for this client.'],
  ['unsupported_token_type', 'The server cannot revoke tokens of this type.'],
  [
    'OAUTH_INVALID_RESPONSE',
    'The answer does not fit the request: a missing, wrong or repeated parameter (state, iss).',
  ],
  ['OAUTH_JWT_CLAIM_COMPARISON_FAILED', 'A claim of the ID token (iss, aud, nonce …) is not what this client expects.'],
  [
    'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
    'The ID token is expired or from the future, or the sign-in is older than max_age.',
  ],
  [
    'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
    'A member of the answer is not what this client expects, such as sub or issuer.',
  ],
  ['OAUTH_RESPONSE_IS_NOT_CONFORM', 'The server answered with a status that the specification does not have here.'],
  [
    'OAUTH_RESPONSE_IS_NOT_JSON',
    'The server answered, but not with JSON. Is the issuer right, or is a proxy in between?',
  ],
  ['OAUTH_TIMEOUT', 'The server did not answer in time.'],
  ['network_error', 'No answer: is the server running, and can this program reach its address?'],
]);

function fromServer(code: string, description: string | undefined): Failure {
  const meaning = MEANINGS.get(code) ?? 'The server refused with a code of its own.';
  return { source: 'server', code, ...(description !== undefined && { description }), meaning };
}

function fromClient(code: string, description: string): Failure {
  const meaning = MEANINGS.get(code) ?? 'This client refused to go on with what it received.';
  return { source: 'client', code, description, meaning };
}

function lastBodyError(exchanges: readonly Exchange[]): Failure | undefined {
  const body = parseJson(exchanges.at(-1)?.response?.body ?? '');
  if (!isJsonObject(body) || typeof body['error'] !== 'string') return undefined;
  const description = body['error_description'];
  return fromServer(body['error'], typeof description === 'string' ? description : undefined);
}

function challengeFailure(error: WWWAuthenticateChallengeError, exchanges: readonly Exchange[]): Failure {
  const parameters = error.cause.find((challenge) => challenge.parameters.error !== undefined)?.parameters;
  if (parameters?.error !== undefined) return fromServer(parameters.error, parameters.error_description);
  // A token endpoint says 401 with a bare challenge, and the reason in the body.
  return lastBodyError(exchanges) ?? fromServer(`HTTP ${error.status}`, error.message);
}

function causeText(error: Error): string {
  return error.cause instanceof Error && error.cause.message !== error.message ? `: ${error.cause.message}` : '';
}

/** Puts whatever openid-client or the network threw into words. `exchanges`: what was sent and received until then. */
export function explainFailure(error: unknown, exchanges: readonly Exchange[]): Failure {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    return fromServer(error.error, error.error_description);
  }
  if (error instanceof WWWAuthenticateChallengeError) return challengeFailure(error, exchanges);
  const networkError = exchanges.at(-1)?.networkError;
  if (networkError !== undefined) {
    return { ...fromClient('network_error', networkError), source: 'network' };
  }
  if (error instanceof ClientError) {
    return fromClient(error.code ?? 'client_error', `${error.message}${causeText(error)}`);
  }
  return fromClient('client_error', error instanceof Error ? `${error.message}${causeText(error)}` : String(error));
}
