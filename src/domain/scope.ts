/** The words of a space-separated list; empty ones vanish. */
export function splitWords(text: string): string[] {
  return text === '' ? [] : text.split(' ').filter((word) => word !== '');
}

/** The scope value that asks for a refresh token (OpenID Connect Core, section 11). */
export const offlineAccess = 'offline_access';

/** Scope values that one request or registration may name. */
export const maxScopeValues = 200;

/**
 * The values of a `scope` parameter, each once, in order; `undefined` when a value has a character outside of
 * `scope-token` (RFC 6749, section 3.3) or there are more than 200.
 */
export function parseScope(text: string): string[] | undefined {
  if (!/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(text)) return undefined;
  const values = [...new Set(splitWords(text))];
  return values.length > maxScopeValues ? undefined : values;
}
