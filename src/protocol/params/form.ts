import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';

/** Single-valued request parameters. Empty values count as absent (RFC 6749, section 3.1). */
export type Params = ReadonlyMap<string, string>;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Decodes bytes as UTF-8. Throws `malformed-form` for anything else. */
export function decodeUtf8(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new OAuthError('malformed-form', 'the body is not valid UTF-8');
  }
}

/** The media type of a request, lower-case, without parameters; empty when there is none. */
export function mediaType(request: HttpRequest): string {
  const header = request.headers['content-type'];
  if (typeof header !== 'string') return '';
  const end = header.indexOf(';');
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
}

/**
 * The parameters of a form-encoded request body. Throws `unexpected-content-type`, `body-too-large` (more than `limit`
 * bytes), `malformed-form`, and `repeated-parameter` (RFC 6749, section 3.2: parameters must not be included more than once).
 */
export function formParams(request: HttpRequest, limit: number): Params {
  const type = request.headers['content-type'];
  if (type !== 'application/x-www-form-urlencoded' && mediaType(request) !== 'application/x-www-form-urlencoded') {
    throw new OAuthError(
      'unexpected-content-type',
      `expected application/x-www-form-urlencoded, got ${mediaType(request) || 'none'}`,
    );
  }
  if (request.body.length > limit) {
    throw new OAuthError('body-too-large', `the body has ${request.body.length} bytes, the limit is ${limit}`);
  }
  return parseForm(decodeUtf8(request.body));
}

/**
 * Parses `application/x-www-form-urlencoded` text, strictly. Throws `malformed-form` and `repeated-parameter`. Only `resource`
 * may repeat (RFC 8707, section 2); its values, which are URIs, are then joined with spaces.
 */
export function parseForm(text: string): Params {
  const params = new Map<string, string>();
  const seenEmpty: string[] = [];
  // Without the generator below: this runs for every back-channel request.
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('&', start);
    if (end < 0) end = text.length;
    if (end > start) {
      let equals = text.indexOf('=', start);
      if (equals < 0 || equals > end) equals = end;
      const name = decodeComponent(text.slice(start, equals));
      const value = decodeComponent(text.slice(equals + 1, end));
      if (name === undefined || value === undefined) throw new OAuthError('malformed-form', 'broken percent-encoding');
      const before = params.get(name);
      if (before !== undefined && name !== 'resource') {
        throw new OAuthError('repeated-parameter', `repeated: ${name.slice(0, 80)}`);
      }
      if (value === '') seenEmpty.push(name);
      params.set(name, before ? `${before} ${value}`.trimEnd() : value);
    }
    start = end + 1;
  }
  for (const name of seenEmpty) if (params.get(name) === '') params.delete(name);
  return params;
}

/** The raw name / value pairs of form-encoded text, in order; empty segments are skipped. */
export function* pairs(text: string): Generator<[string, string]> {
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('&', start);
    if (end < 0) end = text.length;
    if (end > start) {
      const equals = text.indexOf('=', start);
      yield equals < 0 || equals >= end
        ? [text.slice(start, end), '']
        : [text.slice(start, equals), text.slice(equals + 1, end)];
    }
    start = end + 1;
  }
}

/** Percent- and plus-decodes a form component; `undefined` for a broken escape or invalid UTF-8. */
export function decodeComponent(text: string): string | undefined {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
}

/** The value of a required parameter. Throws `missing-parameter`. */
export function required(params: Params, name: string): string {
  const value = params.get(name);
  if (value === undefined) throw new OAuthError('missing-parameter', `missing: ${name}`, `Missing ${name}`);
  return value;
}
