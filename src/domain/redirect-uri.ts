/** What a registration may use as redirection URIs. */
export interface RedirectUriPolicy {
  readonly applicationType: 'web' | 'native';
  /** `op.reg.rejectNonTLSRedirectionURIs`: plain http only on the loopback interface, for native clients. */
  readonly rejectNonTls: boolean;
  /** `op.reg.allowLocalhostRedirectionURIsForTest`: web clients may use localhost too. */
  readonly allowLocalhost: boolean;
  /** `op.reg.allowedCustomURISchemes`: custom schemes that need no dot, without colon. */
  readonly customSchemes: readonly string[];
}

/** URIs longer than this are refused. */
export const maxUriLength = 2048;

/**
 * Schemes that browsers execute or resolve locally, or that start programs of the operating system: never the target of a
 * redirection.
 */
const prohibitedSchemes: ReadonlySet<string> = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'about:',
  'blob:',
  'file:',
  'filesystem:',
  'view-source:',
  'intent:',
  'search:',
  'search-ms:',
  'ms-msdt:',
]);

/** Response parameters that a registered query must not shadow. */
const reservedParameters = ['code', 'state', 'response'] as const;

const templatePrefix = 'urn:c2id:redirect_uri_template:';

/** The characters of RFC 3986: no white space, controls, quotes or backslashes over which parsers disagree. */
const uriCharacters = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/;

const loopbackUri = /^(https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::(\d{1,5}))?([/?].*)?$/;

/**
 * The reason why a redirection URI may not be registered; `undefined` when it may (RFC 6749, section 3.1.2; RFC 8252,
 * section 7; OpenID Connect Dynamic Client Registration, section 2). The reason fits an `error_description` and does not
 * repeat the URI.
 */
export function checkRedirectUri(uri: string, policy: RedirectUriPolicy): string | undefined {
  if (uri.toLowerCase().startsWith(templatePrefix)) return 'URI templates are not supported by this server';
  const malformed = checkRedirectTarget(uri, policy.customSchemes);
  if (malformed !== undefined) return malformed;
  if (hasReservedParameter(uri)) return `the query must not have a parameter ${reservedParameters.join(', ')}`;
  const url = new URL(uri);
  if (url.port === '0' && !isAnyPortUri(uri, policy)) {
    return 'port 0 is for localhost, 127.0.0.1 and [::1] of native clients';
  }
  return policy.applicationType === 'native' ? checkNative(url, policy) : checkWeb(url, policy);
}

/**
 * The reason why a URI may not be the target of a redirection at all, whatever the client: not an absolute URI, a fragment,
 * a userinfo part, a prohibited scheme, or a custom scheme without a dot that is none of `customSchemes`. This is the whole policy
 * for `post_logout_redirect_uris`.
 */
export function checkRedirectTarget(uri: string, customSchemes: readonly string[]): string | undefined {
  if (uri.length > maxUriLength) return `expected at most ${maxUriLength} characters`;
  if (!uriCharacters.test(uri)) return 'expected an absolute URI of the characters of RFC 3986';
  if (uri.includes('#')) return 'a fragment is not allowed';
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  // `https:host` is repaired by URL parsers; written out, it would match nothing that a client can send.
  if (!url || !hasAuthorityOrPath(uri, url)) return 'expected an absolute URI';
  if (prohibitedSchemes.has(url.protocol)) return 'the scheme is not allowed';
  if (!isNamedScheme(url.protocol, customSchemes)) {
    return 'expected https, or a custom scheme with a dot, such as com.example.app (RFC 8252, section 7.1)';
  }
  if (url.username !== '' || url.password !== '') return 'a userinfo part is not allowed';
  return undefined;
}

/**
 * Whether the redirection URI of a request is one of the client's: the very same text (RFC 9700, section 2.1), apart from
 * the port of a native client's loopback URI, for an IP literal whatever port is registered (RFC 8252, section 7.3), and for
 * localhost where that is port 0.
 */
export function matchRedirectUri(
  client: { readonly redirectUris: readonly string[]; readonly applicationType: 'web' | 'native' },
  uri: string,
): boolean {
  if (client.redirectUris.includes(uri)) return !uri.includes('?') || !hasReservedParameter(uri);
  if (client.applicationType !== 'native') return false;
  const requested = loopbackUri.exec(uri);
  if (!requested || !isPort(requested[2]) || hasReservedParameter(uri)) return false;
  return client.redirectUris.some((registered) => {
    const parts = loopbackUri.exec(registered);
    if (!parts || parts[1] !== requested[1] || (parts[3] ?? '') !== (requested[3] ?? '')) return false;
    return parts[2] === '0' || isLiteralHttp(parts[1]);
  });
}

/**
 * Whether a URI leads to an application on the user's own machine, by a custom scheme or the loopback interface, which no web
 * application can have (RFC 8252, section 7).
 */
export function isNativeUri(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname } = new URL(uri);
  return protocol === 'https:' || protocol === 'http:' ? isLoopbackHost(hostname) : true;
}

/** Only who has the domain has the scheme of its reversed name; a scheme of one word may be anybody's, or the system's own. */
function isNamedScheme(protocol: string, customSchemes: readonly string[]): boolean {
  const scheme = protocol.slice(0, -1);
  return (
    scheme === 'https' ||
    scheme === 'http' ||
    scheme.includes('.') ||
    customSchemes.some((custom) => custom.toLowerCase() === scheme)
  );
}

function checkWeb(url: URL, policy: RedirectUriPolicy): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'expected an https URI for a web client';
  if (isLoopbackHost(url.hostname)) {
    return policy.allowLocalhost ? undefined : 'localhost is not allowed for a web client';
  }
  return url.protocol === 'http:' && policy.rejectNonTls ? 'expected an https URI for a web client' : undefined;
}

function checkNative(url: URL, policy: RedirectUriPolicy): string | undefined {
  if (url.protocol !== 'http:' || !policy.rejectNonTls || isNativeLoopback(url.hostname)) return undefined;
  return 'plain http is only allowed on localhost, 127.0.0.1 and [::1]';
}

function isNativeLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

/** `hostname` is as a URL parser leaves it: lower-case, IP addresses in their one spelling. */
function isLoopbackHost(hostname: string): boolean {
  const host = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

function isAnyPortUri(uri: string, policy: RedirectUriPolicy): boolean {
  return policy.applicationType === 'native' && loopbackUri.exec(uri)?.[2] === '0';
}

function isLiteralHttp(origin: string | undefined): boolean {
  return origin === 'http://127.0.0.1' || origin === 'http://[::1]';
}

function isPort(text: string | undefined): boolean {
  return text !== undefined && !text.startsWith('0') && Number(text) <= 65_535;
}

function hasAuthorityOrPath(uri: string, url: URL): boolean {
  const rest = uri.slice(url.protocol.length);
  return url.protocol === 'https:' || url.protocol === 'http:' ? /^\/\/[^/?]/.test(rest) : rest !== '';
}

function hasReservedParameter(uri: string): boolean {
  const start = uri.indexOf('?');
  if (start < 0) return false;
  const parameters = new URLSearchParams(uri.slice(start));
  return reservedParameters.some((name) => parameters.has(name));
}
