import { OAuthError } from '../errors/oauth-error.ts';
import type { EventEntry, NoFields } from '../events/event.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Endpoint } from './context.ts';

/** The endpoint with an event for what is no fault of the caller, and a timer, if named, of each request. */
export function measured(
  metrics: Metrics,
  endpoint: Endpoint,
  { failure, timer }: { readonly failure: EventEntry<NoFields>; readonly timer: string | undefined },
): Endpoint {
  const timed = timer === undefined ? undefined : metrics.timer(timer);
  return async (ctx, request) => {
    const started = performance.now();
    try {
      return await endpoint(ctx, request);
    } catch (error) {
      if (!(error instanceof OAuthError)) ctx.emit(failure);
      throw error;
    } finally {
      timed?.record(performance.now() - started);
    }
  };
}
