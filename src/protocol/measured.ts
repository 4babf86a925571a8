import { OAuthError } from '../errors/oauth-error.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Endpoint } from './context.ts';

/** The endpoint with a meter `<prefix>.serverErrors` of what is no fault of the caller, and a timer, if named, of each request. */
export function measured(metrics: Metrics, prefix: string, endpoint: Endpoint, timer?: string): Endpoint {
  const timed = timer === undefined ? undefined : metrics.timer(`${prefix}.${timer}`);
  const serverErrors = metrics.meter(`${prefix}.serverErrors`);
  return async (ctx, request) => {
    const started = performance.now();
    try {
      return await endpoint(ctx, request);
    } catch (error) {
      if (!(error instanceof OAuthError)) serverErrors.mark();
      throw error;
    } finally {
      timed?.record(performance.now() - started);
    }
  };
}
