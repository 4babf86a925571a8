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
  const allows = (origin: string) => any || allowed.has(origin);
  const methods = settings.corsMethods.join(', ');
  // With credentials a browser takes `*` literally, so headers are named: the common ones, and those that it asks for.
  const anyHeader = settings.corsHeaders.includes('*');
  const headerNames = anyHeader
    ? 'Authorization, Content-Type, SID, DPoP, Issuer, Tenant-ID'
    : settings.corsHeaders.join(', ');
  const exposed = ['SID', 'WWW-Authenticate', ...settings.corsExposedHeaders].join(', ');
  const common: Headers = {
    Vary: 'Origin',
    'Access-Control-Allow-Methods': methods,
    'Access-Control-Allow-Headers': headerNames,
    'Access-Control-Expose-Headers': exposed,
    ...(settings.corsCredentials ? { 'Access-Control-Allow-Credentials': 'true' } : {}),
    ...(settings.corsMaxAge >= 0 ? { 'Access-Control-Max-Age': String(settings.corsMaxAge) } : {}),
  };
  return {
    allows,
    decorated(origin, headers, wanted) {
      if (!allows(origin)) return { ...headers, Vary: 'Origin' };
      const decorated = { ...headers, ...common, 'Access-Control-Allow-Origin': origin };
      if (wanted === undefined || !anyHeader || !isHeaderList(wanted)) return decorated;
      return { ...decorated, 'Access-Control-Allow-Headers': `${headerNames}, ${wanted}` };
    },
  };
}

/** Names of header fields, with commas between them (RFC 9110, section 5.6.2); at most 1000 characters. */
function isHeaderList(text: string): boolean {
  return text.length <= 1000 && /^[\w!#$%&'*+.^`|~, -]+$/.test(text);
}
