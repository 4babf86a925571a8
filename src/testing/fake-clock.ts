import type { Clock } from '../ports/clock.ts';

/** A clock that stands still until it is told to go on. */
export interface FakeClock extends Clock {
  /** Goes forward by whole seconds; backward with a negative number. */
  advance(seconds: number): void;
  /** Sets the time, Unix seconds. */
  set(now: number): void;
}

/** A fake clock that starts at `start`, Unix seconds; 2026-01-01T00:00:00Z when absent. */
export function createFakeClock(start = 1_767_225_600): FakeClock {
  let now = start;
  return {
    now: () => now,
    advance(seconds) {
      now += seconds;
    },
    set(instant) {
      now = instant;
    },
  };
}
