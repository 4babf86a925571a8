import { equalTexts, sha256Hex } from '../crypto/digest.ts';
import type { HttpRequest } from '../ports/endpoint.ts';
import type { RequestContext } from './context.ts';

/**
 * The token of `Authorization: Bearer` (RFC 6750, section 2.1), the scheme in any case; `undefined` when the header is
 * absent or of another scheme.
 */
export function bearerToken(request: HttpRequest): string | undefined {
  const header = request.headers['authorization'];
  if (typeof header !== 'string' || header.length < 8 || header.charCodeAt(6) !== 0x20) return undefined;
  if (header.slice(0, 6).toLowerCase() !== 'bearer') return undefined;
  return header.slice(7).trim();
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

/** Logs and counts a bearer token that opens no web API. `property` is the one that has the hashes. */
export function noteInvalidApiToken(ctx: RequestContext, property: string): void {
  ctx.provider.metrics.meter('op.invalidAPITokens').mark();
  ctx.log.warn('OP9504', 'Invalid API token', { property });
}
