import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import { decodeUtf8, mediaType } from './form.ts';

/** Nesting allowed in JSON that comes from outside. */
export const maxJsonDepth = 32;

/**
 * The JSON value in a request body. Throws `unexpected-content-type`, `body-too-large` (more than `limit` bytes) and
 * `malformed-json` (no JSON, invalid UTF-8, nested deeper than 32 levels).
 */
export function jsonBody(request: HttpRequest, limit: number): unknown {
  if (mediaType(request) !== 'application/json') {
    throw new OAuthError('unexpected-content-type', `expected application/json, got ${mediaType(request) || 'none'}`);
  }
  if (request.body.length > limit) {
    throw new OAuthError('body-too-large', `the body has ${request.body.length} bytes, the limit is ${limit}`);
  }
  return parseJson(decodeUtf8(request.body));
}

/** The JSON object in a request body; anything else is `malformed-json`. */
export function jsonObjectBody(request: HttpRequest, limit: number): JsonObject {
  const value = jsonBody(request, limit);
  if (!isJsonObject(value)) throw new OAuthError('malformed-json', 'expected a JSON object', 'Expected a JSON object');
  return value;
}

/** Parses JSON text from outside. Throws `malformed-json`. */
export function parseJson(text: string): unknown {
  // JSON.parse recurses on the stack: the depth is bounded before it sees the text.
  if (jsonDepth(text) > maxJsonDepth) {
    throw new OAuthError(
      'malformed-json',
      `nested deeper than ${maxJsonDepth} levels`,
      'The JSON is nested too deeply',
    );
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new OAuthError('malformed-json', 'not JSON');
  }
}

/** The greatest nesting of brackets outside of strings. */
function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (c === 0x7d || c === 0x5d) depth--;
  }
  return deepest;
}
