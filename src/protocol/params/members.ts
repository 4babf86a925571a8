import { isJsonObject, isStringArray, type JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';

/**
 * Readers of optional members of a JSON object from outside. `null` counts as absent: front-ends send it for "nothing".
 * Each throws `invalid-parameter` with the member's name and what is expected. Hand-written, since loading a schema library
 * would cost more than the whole rest of a cold start.
 */

/** Longest text accepted where nothing else is said. */
export const maxMemberLength = 4096;

/** Items of a list of texts where nothing else is said. */
export const maxMemberItems = 200;

/** Characters, as JSON text, of an object that the server keeps for somebody else. */
export const maxObjectLength = 16_384;

/** A string of at most `maxLength` characters; empty is a value. */
export function stringMember(body: JsonObject, name: string, maxLength = maxMemberLength): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid(name, 'a string');
  if (value.length > maxLength) throw invalid(name, `a string of at most ${maxLength} characters`);
  return value;
}

/** A string that says something: like `stringMember`, but empty is refused. */
export function nonEmptyStringMember(body: JsonObject, name: string, maxLength?: number): string | undefined {
  const value = stringMember(body, name, maxLength);
  if (value === '') throw invalid(name, 'a non-empty string');
  return value;
}

/** An array of strings, at most `maxItems` of them. */
export function stringsMember(
  body: JsonObject,
  name: string,
  maxItems = maxMemberItems,
): readonly string[] | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (!isStringArray(value)) throw invalid(name, 'an array of strings');
  if (value.length > maxItems) throw invalid(name, `at most ${maxItems} items`);
  if (value.some((item) => item.length > maxMemberLength)) throw invalid(name, 'shorter strings');
  return value;
}

/** A whole number within bounds. */
export function integerMember(
  body: JsonObject,
  name: string,
  bounds: { readonly min: number; readonly max?: number },
): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  const max = bounds.max ?? Number.MAX_SAFE_INTEGER;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < bounds.min || value > max) {
    throw invalid(name, `a whole number from ${bounds.min}${bounds.max === undefined ? '' : ` to ${bounds.max}`}`);
  }
  return value;
}

/** A boolean. */
export function booleanMember(body: JsonObject, name: string): boolean | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw invalid(name, 'true or false');
  return value;
}

/** A JSON object of at most 16,384 characters. */
export function objectMember(body: JsonObject, name: string): JsonObject | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw invalid(name, 'a JSON object');
  if (JSON.stringify(value).length > maxObjectLength) throw invalid(name, `at most ${maxObjectLength} characters`);
  return value;
}

/** One word out of a fixed set. */
export function wordMember<const W extends string>(body: JsonObject, name: string, words: readonly W[]): W | undefined {
  const value = stringMember(body, name);
  if (value === undefined) return undefined;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw invalid(name, `one of ${words.join(', ')}`);
  return word;
}

function invalid(name: string, expected: string): OAuthError {
  return new OAuthError(
    'invalid-parameter',
    `member ${name}: expected ${expected}`,
    `Invalid ${name}: expected ${expected}`,
  );
}
