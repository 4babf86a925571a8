import type { HttpSettings } from './properties.ts';

type Headers = Readonly<Record<string, string>>;

/** The headers by which browsers let scripts of other origins read a response. */
export interface Cors {
  /** Whether scripts of that origin may call. */
  allows(origin: string): boolean;
  /**
   * The headers of a reply with those added; `origin` is the `Origin` header of the request, `wanted` the header names that a
   * preflight request asks for.
   */
  decorated(origin: string, headers: Headers, wanted?: string): Headers;
}

/** The cross-origin policy of the configuration (Fetch standard, CORS protocol). The issuer's own origin may always call. */
export function createCors(settings: HttpSettings, issuer: string): Cors {
  if (!settings.corsEnable) return { allows: () => true, decorated: (_origin, headers) => headers };
  const any = settings.corsAllowOrigin.includes('*');
  const allowed = new Set([...settings.corsAllowOrigin, new URL(issuer).origin]);
  allowed.delete('*');
  const allows = (origin: string) => any || allowed.has(origin);
  const methods = settings.corsMethods.join(', ');
  // For `Authorization` and with credentials a browser takes `*` literally, so headers are named: the common ones, and those that it
  // asks for.
  const anyHeader = settings.corsHeaders.includes('*');
  const headerNames = anyHeader ? 'Authorization, Content-Type, SID, DPoP' : settings.corsHeaders.join(', ');
  const exposed = ['SID', 'WWW-Authenticate', ...settings.corsExposedHeaders].join(', ');
  const common: Headers = {
    Vary: 'Origin',
    'Access-Control-Allow-Methods': methods,
    'Access-Control-Allow-Headers': headerNames,
    'Access-Control-Expose-Headers': exposed,
    ...(settings.corsMaxAge >= 0 ? { 'Access-Control-Max-Age': String(settings.corsMaxAge) } : {}),
  };
  const forAny: Headers = { ...common, 'Access-Control-Allow-Origin': '*' };
  const credentials: Headers = settings.corsCredentials ? { 'Access-Control-Allow-Credentials': 'true' } : {};
  return {
    allows,
    decorated(origin, headers, wanted) {
      if (!allows(origin)) return { ...headers, Vary: 'Origin' };
      // Cookies and certificates of the browser come along only from origins that somebody has named: what is open to all of them
      // is opened by tokens, which a script adds by itself.
      const decorated = allowed.has(origin)
        ? { ...headers, ...common, 'Access-Control-Allow-Origin': origin, ...credentials }
        : { ...headers, ...forAny };
      const extra = anyHeader ? askedFor(wanted) : '';
      return extra === '' ? decorated : { ...decorated, 'Access-Control-Allow-Headers': `${headerNames}, ${extra}` };
    },
  };
}

/** Headers by which a proxy says whom a request is for: no script has a say in that. */
const ofProxies = new Set(['issuer', 'tenant-id']);

/** The header names of a preflight request that scripts may send when any may. */
function askedFor(wanted: string | undefined): string {
  if (wanted === undefined || !isHeaderList(wanted)) return '';
  const names = wanted.split(',').map((name) => name.trim());
  return names.filter((name) => name !== '' && !ofProxies.has(name.toLowerCase())).join(', ');
}

/** Characters of the header names that a preflight request may ask for. */
export const maxHeaderNames = 1000;

/** Names of header fields, with commas between them (RFC 9110, section 5.6.2). */
function isHeaderList(text: string): boolean {
  return text.length <= maxHeaderNames && /^[\w!#$%&'*+.^`|~, -]+$/.test(text);
}
