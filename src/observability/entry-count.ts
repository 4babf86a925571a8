import type { Clock } from '../ports/clock.ts';

/**
 * Wraps the counting of stored entries for gauges: the storage is asked at most once per `timeout` seconds
 * (`monitor.entryCountCacheTimeout`). Zero: no cache. Negative: never asked, and the gauge reads -1.
 */
export function createEntryCounts(
  timeout: number,
  clock: Clock,
): (count: () => Promise<number>) => () => Promise<number> {
  return (count) => {
    if (timeout < 0) return async () => -1;
    if (timeout === 0) return count;
    let known: Promise<number> | undefined;
    let readAt = 0;
    return () => {
      const now = clock.now();
      if (known !== undefined && now - readAt < timeout) return known;
      readAt = now;
      const reading = count();
      known = reading;
      // A failure is not kept: the next look asks again.
      reading.catch(() => {
        if (known === reading) known = undefined;
      });
      return reading;
    };
  };
}
