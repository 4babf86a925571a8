/** The cookies of a request. */
export interface ReceivedCookies {
  readonly values: ReadonlyMap<string, string>;
  /**
   * Names that came more than once: another host of the domain, or another path, has set one of them, and nothing tells which
   * is ours (RFC 6265, sections 4.2.2 and 8.6). They are in no other member.
   */
  readonly doubled: ReadonlySet<string>;
}

/** Reads a `Cookie` header. */
export function parseCookies(header: string | undefined): ReceivedCookies {
  const values = new Map<string, string>();
  const doubled = new Set<string>();
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(equals, 0)).trim();
    if (name === '') continue;
    if (values.has(name)) doubled.add(name);
    values.set(name, pair.slice(equals + 1).trim());
  }
  for (const name of doubled) values.delete(name);
  return { values, doubled };
}

/** Attributes that all cookies of this program share. */
export interface CookieScope {
  /** Path under which the browser sends the cookies where they are not `secure`; the others have `/`. */
  readonly path: string;
  /** Browsers come by https. */
  readonly secure: boolean;
}

/**
 * The name of a cookie as it goes over the wire: on https with the prefix `__Host-`, with which browsers take it from this very
 * host only, and no neighbour can plant one (RFC 6265bis, section 4.1.3.2).
 */
export function cookieName(name: string, { secure }: CookieScope): string {
  return secure ? `__Host-${name}` : name;
}

/**
 * A `Set-Cookie` value under {@link cookieName}: HttpOnly, SameSite=Lax, host-only (no Domain). `Lax` because the authorization
 * request comes as a navigation from the client's site and must find the session; the forms are protected by their tokens.
 * `maxAge` is in seconds; without it the cookie ends with the browser session.
 */
export function setCookie(name: string, value: string, scope: CookieScope, maxAge?: number): string {
  // Values are base64url, dots and dashes; anything else would let a value start an attribute.
  if (!/^[A-Za-z0-9._~-]*$/.test(value))
    throw new Error(`The value for the cookie ${name} has characters outside of A-Z a-z 0-9 . _ ~ -`);
  const age = maxAge === undefined ? '' : `; Max-Age=${Math.floor(maxAge)}`;
  const place = scope.secure ? 'Path=/; Secure' : `Path=${scope.path}`;
  return `${cookieName(name, scope)}=${value}; ${place}; HttpOnly; SameSite=Lax${age}`;
}

/** A `Set-Cookie` value that removes the cookie. */
export function clearCookie(name: string, scope: CookieScope): string {
  return setCookie(name, '', scope, 0);
}
