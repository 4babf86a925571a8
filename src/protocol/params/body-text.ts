import type { ErrorId } from '../../errors/catalogue.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';

/** What a reader of bodies expects. */
export interface ExpectedBody {
  /** Lower-case, e.g. `application/json`. */
  readonly mediaType: string;
  /** How the caller calls it, in a sentence: `The form is not valid UTF-8`. */
  readonly noun: string;
  /** The error of a body that is not well-formed. */
  readonly malformed: Extract<ErrorId, 'malformed-form' | 'malformed-json' | 'invalid-configuration'>;
}

/** Forms (RFC 6749, appendix B). */
export const formText: ExpectedBody = {
  mediaType: 'application/x-www-form-urlencoded',
  noun: 'form',
  malformed: 'malformed-form',
};

/** JSON (RFC 8259). */
export const jsonText: ExpectedBody = { mediaType: 'application/json', noun: 'JSON', malformed: 'malformed-json' };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The text of a request body of one media type, without byte order mark. Both media types are UTF-8 and have no `charset`: one that
 * is given has no effect (RFC 8259, section 11). Throws `unexpected-content-type`, `body-too-large` (more than `limit` bytes), and the
 * error of a malformed body for one that is not UTF-8.
 */
export function bodyText(request: HttpRequest, limit: number, expected: ExpectedBody): string {
  if (!hasMediaType(request, expected.mediaType)) {
    const got = mediaType(request) || 'none';
    const told = `Missing or unexpected Content-Type: expected ${expected.mediaType}`;
    throw new OAuthError('unexpected-content-type', `expected ${expected.mediaType}, got ${got}`, told);
  }
  if (request.body.length > limit) throw bodyTooLarge(limit, `the body has ${request.body.length} bytes`);
  try {
    return utf8.decode(request.body);
  } catch {
    const told = `The ${expected.noun} is not valid UTF-8`;
    throw new OAuthError(expected.malformed, 'the body is not valid UTF-8', told);
  }
}

/** The error of a body of more than `limit` bytes; `detail` is for the operator. */
export function bodyTooLarge(limit: number, detail: string): OAuthError {
  const told = `The request body is too large: at most ${limit} bytes are taken`;
  return new OAuthError('body-too-large', `${detail}, the limit is ${limit}`, told);
}

/** Whether the request says that its body is of that media type (lower-case), whatever the parameters. */
export function hasMediaType(request: HttpRequest, expected: string): boolean {
  return request.headers['content-type'] === expected || mediaType(request) === expected;
}

/** The media type of a request, lower-case, without parameters; empty when there is none. */
function mediaType(request: HttpRequest): string {
  const header = request.headers['content-type'];
  if (typeof header !== 'string') return '';
  const end = header.indexOf(';');
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
}
