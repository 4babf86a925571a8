import { isJsonObject, type Json } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { refusedUrl } from '../outgoing/check-url.ts';
import type { Check, CheckContext } from './client-member.ts';
import { registrationProperties } from './properties.ts';

/** Items of an array member. */
export const maxMetadataItems = 100;
export const maxMetadataText = 2048;

/**
 * Refuses a member with `invalid_client_metadata`. `expected` must not contain anything from the request; `detail` is for the
 * operator alone: what was received, and the property that governs it.
 */
export function refuse(name: string, expected: string, detail?: string): never {
  const text = `${name}: ${expected}`;
  throw new OAuthError('invalid-client-metadata', detail === undefined ? text : `${text}: ${detail}`, text);
}

/** A text of 1 to 2048 characters, without control characters. */
export const text: Check = (value, name) => asText(value, name);

/** The value as text. Throws `invalid-client-metadata`. */
export function asText(value: Json, name: string): string {
  if (typeof value !== 'string') refuse(name, 'expected a string');
  if (value === '' || value.length > maxMetadataText) refuse(name, `expected 1 to ${maxMetadataText} characters`);
  if (hasControl(value) || !value.isWellFormed()) refuse(name, 'control characters are not allowed');
  return value;
}

/** An array of at most 100 texts. */
export const texts: Check = (value, name) => asTexts(value, name);

/** The value as a list of texts. Throws `invalid-client-metadata`. */
export function asTexts(value: Json, name: string): readonly string[] {
  if (!isArray(value)) refuse(name, 'expected an array of strings');
  if (value.length > maxMetadataItems) refuse(name, `expected at most ${maxMetadataItems} items`);
  return value.map((item) => asText(item, name));
}

/** True or false. */
export const flag: Check = (value, name) => {
  if (typeof value !== 'boolean') refuse(name, 'expected true or false');
  return value;
};

/** A whole number of seconds, not negative. */
export const seconds: Check = (value, name) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 0x7fffffff) {
    refuse(name, 'expected a whole number of seconds, not negative');
  }
  return value;
};

/** An absolute URL of one of the schemes, e.g. `https:`. */
function urlOf(schemes: readonly string[], expected: string): Check {
  return (value, name) => {
    const uri = asText(value, name);
    const url = !/[\s\\]/.test(uri) && URL.canParse(uri) ? new URL(uri) : undefined;
    if (!url || !schemes.includes(url.protocol)) refuse(name, `expected an ${expected} URL`);
    return uri;
  };
}

/** An absolute https URL. */
export const httpsUrl = urlOf(['https:'], 'https');

/**
 * An absolute https URL that the server itself asks, under the rules of its outgoing requests: what would be refused there is not
 * taken here, as far as the URL itself tells.
 */
export const fetchedUrl: Check = (value, name, ctx) => {
  const uri = asText(httpsUrl(value, name, ctx), name);
  const { denyPrivateAddresses } = ctx.provider.settingsOf(registrationProperties);
  const reason = refusedUrl(uri, { allowHttp: false, allowPrivateAddresses: !denyPrivateAddresses });
  if (reason === undefined) return uri;
  refuse(
    name,
    'expected an https URL on a public host',
    `${reason} (${registrationProperties.denyPrivateAddresses.name})`,
  );
};

/** An absolute URL that a browser opens. */
export const webUrl = urlOf(['https:', 'http:'], 'https or http');

/** A list of which each item passes the check. */
export function listOf(check: Check): Check {
  return (value, name, ctx) => asTexts(value, name).map((item) => check(item, name, ctx));
}

/** One of the words. */
export function wordOf(words: (ctx: CheckContext) => readonly string[]): Check {
  return (value, name, ctx) => {
    const word = asText(value, name);
    const allowed = words(ctx);
    if (!allowed.includes(word)) refuse(name, `expected one of ${allowed.join(', ') || 'none'}`);
    return word;
  };
}

/** A member of a feature that this server does not have: taking it would promise what does not happen. */
export const unsupported: Check = (_value, name) => refuse(name, 'is not supported by this server');

/** A switch of a feature that this server does not have: `false` is taken, `true` would promise what does not happen. */
export const unsupportedFlag: Check = (value, name, ctx) => {
  if (flag(value, name, ctx) === true) refuse(name, 'true is not supported by this server');
  return value;
};

/** Any JSON object that every store can keep: no unpaired surrogates and no NUL. */
export const object: Check = (value, name) => {
  if (!isJsonObject(value)) refuse(name, 'expected a JSON object');
  if (!isStorable(value)) refuse(name, 'NUL and unpaired surrogates are not allowed');
  return value;
};

/** True for an array; `Array.isArray` does not narrow read-only ones. */
export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Whether all texts in the value, member names included, are free of NUL and unpaired surrogates. */
export function isStorable(value: Json | undefined): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (isArray(value)) return value.every(isStorable);
  if (!isJsonObject(value)) return true;
  return Object.entries(value).every(([name, member]) => isStorable(name) && isStorable(member));
}

/** Equality of JSON values, the order of members aside. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isArray(a) && isArray(b)) return a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameJson(a[name], b[name]))
  );
}

function hasControl(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return true;
  }
  return false;
}
