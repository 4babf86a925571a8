import type { HttpSettings } from './properties.ts';

/** Adds the headers by which browsers let scripts of other origins read a response. */
export interface Cors {
  /** `origin` is the `Origin` header of the request. */
  decorate(origin: string, headers: Record<string, string | number>): void;
}

/** The cross-origin policy of the configuration (Fetch standard, CORS protocol). */
export function createCors(settings: HttpSettings): Cors {
  if (!settings.corsEnable) return { decorate() {} };
  const any = settings.corsAllowOrigin.includes('*');
  const allowed = new Set(settings.corsAllowOrigin);
  const methods = settings.corsMethods.join(', ');
  // With credentials a browser takes `*` literally, so the common headers are named.
  const headerNames = settings.corsHeaders.includes('*')
    ? 'Authorization, Content-Type, SID, DPoP, Issuer, Tenant-ID'
    : settings.corsHeaders.join(', ');
  const exposed = ['SID', 'WWW-Authenticate', ...settings.corsExposedHeaders].join(', ');
  return {
    decorate(origin, headers) {
      headers['Vary'] = 'Origin';
      if (!any && !allowed.has(origin)) return;
      headers['Access-Control-Allow-Origin'] = origin;
      headers['Access-Control-Allow-Methods'] = methods;
      headers['Access-Control-Allow-Headers'] = headerNames;
      headers['Access-Control-Expose-Headers'] = exposed;
      if (settings.corsCredentials) headers['Access-Control-Allow-Credentials'] = 'true';
      if (settings.corsMaxAge >= 0) headers['Access-Control-Max-Age'] = settings.corsMaxAge;
    },
  };
}
