import { errorBody, InsufficientScopeError, type OAuthError } from '../errors/oauth-error.ts';
import type { HttpReply } from '../ports/endpoint.ts';
import { ClientAuthenticationError } from './client-auth/client-authentication-error.ts';

type Headers = Readonly<Record<string, string>>;

/** Headers of every JSON answer with tokens, claims or state: never cached, never sniffed. */
export const noStoreJson: Headers = Object.freeze({
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  Pragma: 'no-cache',
  'X-Content-Type-Options': 'nosniff',
});

const noStoreEmpty: Headers = Object.freeze({
  'Cache-Control': 'no-store',
  Pragma: 'no-cache',
  'X-Content-Type-Options': 'nosniff',
});

/** A JSON answer that must not be cached. */
export function jsonReply(body: unknown, status = 200): HttpReply {
  return { status, headers: noStoreJson, body: JSON.stringify(body) };
}

/** An answer without body. */
export function emptyReply(status: number): HttpReply {
  return { status, headers: noStoreEmpty, body: '' };
}

/** An OAuth 2.0 error as a direct response (RFC 6749, section 5.2). */
export function errorReply(
  error: OAuthError,
  extra?: { readonly headers?: Headers; readonly body?: object },
): HttpReply {
  const headers = extra?.headers ? { ...noStoreJson, ...extra.headers } : noStoreJson;
  return { status: error.status, headers, body: JSON.stringify({ ...errorBody(error), ...extra?.body }) };
}

/** What is protected, in every challenge (RFC 9110, section 11.5): one word for all, since it is nobody's business which is which. */
const realm = 'realm="OAuth"';

/** For clients, which form-encode their credentials as UTF-8 (RFC 7617, section 2.1; RFC 6749, section 2.3.1). */
const basicChallenge: Headers = Object.freeze({ 'WWW-Authenticate': `Basic ${realm}, charset="UTF-8"` });

/**
 * An error of a bearer-protected resource (RFC 6750, section 3): what is wrong with the token in `WWW-Authenticate`, and the same as
 * JSON. `missing-token` answers a challenge without error, since no token was presented.
 */
export function bearerErrorReply(error: OAuthError): HttpReply {
  const parts = [`Bearer ${realm}`];
  if (error.id !== 'missing-token') {
    parts.push(`error="${error.code}"`, `error_description="${error.description}"`);
    if (error instanceof InsufficientScopeError) parts.push(`scope="${error.scope}"`);
  }
  return errorReply(error, { headers: { 'WWW-Authenticate': parts.join(', ') } });
}

/**
 * An error as a direct response with the challenge that it asks for: `Basic` where a client has failed to authenticate, however it
 * tried (RFC 9110, section 15.5.2, asks for one in any case), `Bearer` where an access token is missing, invalid or insufficient.
 */
export function refusalReply(error: OAuthError): HttpReply {
  if (error instanceof ClientAuthenticationError) {
    return errorReply(error, { body: { client_auth_id: error.clientAuthId }, headers: basicChallenge });
  }
  return error.status === 401 || error.code === 'insufficient_scope' ? bearerErrorReply(error) : errorReply(error);
}
