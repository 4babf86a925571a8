/** Reads a `Cookie` header. The first of several cookies with one name wins, as browsers send the longest path first. */
export function parseCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0) continue;
    const name = pair.slice(0, equals).trim();
    if (name !== '' && !cookies.has(name)) cookies.set(name, pair.slice(equals + 1).trim());
  }
  return cookies;
}

/** Attributes that all cookies of this program share. */
export interface CookieScope {
  /** Path under which the browser sends the cookie. */
  readonly path: string;
  readonly secure: boolean;
}

/**
 * A `Set-Cookie` value: HttpOnly, SameSite=Lax, host-only (no Domain). `Lax` because the authorization request comes as a
 * navigation from the client's site and must find the session; the forms are protected by their tokens.
 * `maxAge` is in seconds; without it the cookie ends with the browser session.
 */
export function setCookie(name: string, value: string, scope: CookieScope, maxAge?: number): string {
  // Values are base64url, dots and dashes; anything else would let a value start an attribute.
  if (!/^[A-Za-z0-9._~-]*$/.test(value))
    throw new Error(`The value for the cookie ${name} has characters outside of A-Z a-z 0-9 . _ ~ -`);
  const age = maxAge === undefined ? '' : `; Max-Age=${Math.floor(maxAge)}`;
  return `${name}=${value}; Path=${scope.path}; HttpOnly; SameSite=Lax${scope.secure ? '; Secure' : ''}${age}`;
}

/** A `Set-Cookie` value that removes the cookie. */
export function clearCookie(name: string, scope: CookieScope): string {
  return setCookie(name, '', scope, 0);
}
