import { equalTexts, sha256Hex } from '../crypto/digest.ts';
import { OAuthError } from '../errors/oauth-error.ts';
import { events } from '../events/catalogue.ts';
import type { HttpRequest } from '../ports/endpoint.ts';
import type { RequestContext } from './context.ts';

/**
 * The token of `Authorization: Bearer` (RFC 6750, section 2.1), the scheme in any case; `undefined` when the header is
 * absent or of another scheme.
 */
export function bearerToken(request: HttpRequest): string | undefined {
  return tokenOfScheme(request, 'Bearer');
}

/** The token of an `Authorization` header of that scheme, in any case; `undefined` when the header is absent or of another. */
export function tokenOfScheme(request: HttpRequest, scheme: string): string | undefined {
  const header = request.headers['authorization'];
  const { length } = scheme;
  if (typeof header !== 'string' || header.length < length + 2 || header.charCodeAt(length) !== 0x20) return undefined;
  const presented = header.slice(0, length);
  if (presented !== scheme && presented.toLowerCase() !== scheme.toLowerCase()) return undefined;
  return header.slice(length + 1).trim();
}

/** Whether a presented token is one of the configured master tokens of a web API. */
export type ApiTokenCheck = (token: string) => boolean;

/**
 * Checks presented tokens against configured SHA-256 hashes (lower-case hex, by label), all of them and in constant time,
 * so that the time tells nothing about which one was near.
 */
export function createApiTokenCheck(hashes: ReadonlyMap<string, string>): ApiTokenCheck {
  const expected = [...hashes.values()];
  return (token) => {
    const presented = sha256Hex(token);
    let match = false;
    for (const hash of expected) if (equalTexts(presented, hash)) match = true;
    return match;
  };
}

/**
 * Lets a request pass to a web API. Throws `web-api-disabled`, `missing-token` or `invalid-api-token`; the last is logged and
 * counted, since somebody may be guessing.
 */
export type ApiTokenGuard = (ctx: RequestContext, request: HttpRequest) => void;

/**
 * The guard of a web API that is opened by master tokens alone. No configured hash: the API is disabled. With
 * `header-or-query`, a request without `Authorization` header may have the token in the query, as `access_token`.
 */
export function createApiTokenGuard(
  hashes: ReadonlyMap<string, string>,
  property: string,
  place: 'header' | 'header-or-query' = 'header',
): ApiTokenGuard {
  const check = createApiTokenCheck(hashes);
  return (ctx, request) => {
    if (hashes.size === 0) throw new OAuthError('web-api-disabled', `no token is configured: set ${property}`);
    const inHeader = request.headers['authorization'] !== undefined;
    const token = inHeader || place === 'header' ? bearerToken(request) : tokenInQuery(request);
    // Whoever comes by another scheme has presented no token, and is told no error about one (RFC 6750, section 3.1).
    if (token === undefined) throw new OAuthError('missing-token', 'the request has no bearer token');
    if (!check(token)) {
      noteInvalidApiToken(ctx, property);
      throw new OAuthError('invalid-api-token', `the bearer token matches no hash of ${property}`);
    }
  };
}

/** Empty is a token as well, and a wrong one. */
function tokenInQuery(request: HttpRequest): string | undefined {
  return new URLSearchParams(request.query).get('access_token') ?? undefined;
}

/** Logs and counts a bearer token that opens no web API. `property` is the one that has the hashes. */
export function noteInvalidApiToken(ctx: RequestContext, property: string): void {
  ctx.emit(events.http.invalidApiToken, { property });
}
