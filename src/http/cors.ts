import type { HttpSettings } from './properties.ts';

type Headers = Readonly<Record<string, string>>;

/** The headers by which browsers let scripts of other origins read a response. */
export interface Cors {
  /** The headers of a reply with those added; `origin` is the `Origin` header of the request. */
  decorated(origin: string, headers: Headers): Headers;
}

/** The cross-origin policy of the configuration (Fetch standard, CORS protocol). */
export function createCors(settings: HttpSettings): Cors {
  if (!settings.corsEnable) return { decorated: (_origin, headers) => headers };
  const any = settings.corsAllowOrigin.includes('*');
  const allowed = new Set(settings.corsAllowOrigin);
  const methods = settings.corsMethods.join(', ');
  // With credentials a browser takes `*` literally, so the common headers are named.
  const headerNames = settings.corsHeaders.includes('*')
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
    decorated: (origin, headers) =>
      any || allowed.has(origin)
        ? { ...headers, ...common, 'Access-Control-Allow-Origin': origin }
        : { ...headers, Vary: 'Origin' },
  };
}
