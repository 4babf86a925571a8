import { withoutTrailingSlashes } from '../domain/url-path.ts';
import type { HttpSettings } from './properties.ts';

/**
 * The path below which requests arrive, with leading and without trailing slash; empty for none. It differs from that of the issuer
 * where a proxy cuts something off or puts something before it.
 */
export function contextPathOf({ contextPath }: Pick<HttpSettings, 'contextPath'>, issuer: string): string {
  return withoutTrailingSlashes(contextPath ?? issuerPath(issuer));
}

/** The path of the issuer, with leading and without trailing slash; empty for none. */
export function issuerPath(issuer: string): string {
  return withoutTrailingSlashes(new URL(issuer).pathname);
}
