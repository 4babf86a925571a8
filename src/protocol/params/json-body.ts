import { isJsonObject, type JsonObject, jsonDepth, maxJsonDepth } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import { bodyText, jsonText } from './body-text.ts';

/**
 * The JSON value in a request body. Throws `unexpected-content-type`, `body-too-large` (more than `limit` bytes) and
 * `malformed-json` (no JSON, invalid UTF-8, nested deeper than 32 levels, a member that is repeated).
 */
export function jsonBody(request: HttpRequest, limit: number): unknown {
  const text = bodyText(request, limit, jsonText);
  if (text === '') throw new OAuthError('malformed-json', 'the body is empty', 'The body is empty: expected JSON');
  return parseJson(text);
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
  const value = parsed(text);
  // Which of two members counts is up to the reader (RFC 8259, section 4): none does that another reader may have believed.
  const repeated = repeatedMember(text);
  if (repeated === undefined) return value;
  throw new OAuthError('malformed-json', `repeated: ${repeated.slice(0, 80)}`, 'A member of a JSON object is repeated');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new OAuthError('malformed-json', 'not JSON');
  }
}

/** The name of the first member that comes twice in one object of a well-formed JSON text. */
function repeatedMember(text: string): string | undefined {
  const outer: (Set<string> | undefined)[] = [];
  // Those of the object that is being read; `undefined` in an array.
  let names: Set<string> | undefined;
  let beforeName = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      const end = endOfString(text, i);
      if (beforeName && names) {
        const name = String(JSON.parse(text.slice(i, end + 1)));
        if (names.has(name)) return name;
        names.add(name);
        beforeName = false;
      }
      i = end;
    } else if (c === 0x7b || c === 0x5b) {
      outer.push(names);
      names = c === 0x7b ? new Set() : undefined;
      beforeName = c === 0x7b;
    } else if (c === 0x7d || c === 0x5d) {
      names = outer.pop();
      beforeName = false;
    } else if (c === 0x2c) beforeName = names !== undefined;
  }
  return undefined;
}

/** Where the string ends that begins there: the place of its closing quotation mark. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  for (; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
  return i;
}
