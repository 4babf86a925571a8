import type { Clock } from '../ports/clock.ts';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves on by whole seconds. */
  advance(seconds: number): void;
}

/** A fake clock; it starts at the real time unless told otherwise (Unix seconds). */
export function createFakeClock(start = Math.floor(Date.now() / 1000)): FakeClock {
  let now = start;
  return {
    now: () => now,
    advance(seconds) {
      now += seconds;
    },
  };
}
