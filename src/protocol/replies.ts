import { errorBody, type OAuthError } from '../errors/oauth-error.ts';
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

/**
 * An error of a bearer-protected resource (RFC 6750, section 3): the code in `WWW-Authenticate`, and the same as JSON.
 * `missing-token` answers the bare challenge.
 */
export function bearerErrorReply(error: OAuthError): HttpReply {
  const challenge =
    error.id === 'missing-token' ? 'Bearer' : `Bearer error="${error.code}", error_description="${error.description}"`;
  return errorReply(error, { headers: { 'WWW-Authenticate': challenge } });
}

/**
 * An error as a direct response with the challenge that it asks for: `Basic` where a client tried that, `Bearer` where an access
 * token is missing, invalid or insufficient.
 */
export function refusalReply(error: OAuthError): HttpReply {
  if (error instanceof ClientAuthenticationError) {
    return errorReply(error, {
      body: { client_auth_id: error.clientAuthId },
      ...(error.basic ? { headers: { 'WWW-Authenticate': 'Basic' } } : {}),
    });
  }
  return error.status === 401 || error.code === 'insufficient_scope' ? bearerErrorReply(error) : errorReply(error);
}
