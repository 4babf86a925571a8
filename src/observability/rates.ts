/** Seconds between two ticks. */
const interval = 5;
const windows = [1, 5, 15] as const;
const weights = windows.map((minutes) => 1 - Math.exp(-interval / 60 / minutes));

/** Events per second. */
export interface RateValues {
  /** Exponentially weighted moving averages over one, five and fifteen minutes. */
  readonly m1: number;
  readonly m5: number;
  readonly m15: number;
  /** Over the whole life. */
  readonly mean: number;
}

/** The rates of a count that somebody else keeps. */
export interface Rates {
  /** Brings the averages up to date. To be called every five seconds; longer pauses are made up for. */
  tick(nowMs: number): void;
  /** The rates at that time. */
  read(nowMs: number): RateValues;
}

/**
 * Moving averages of `count` with ticks of five seconds, as the Unix load average has them: counting itself costs nothing,
 * the averages are worked out at the ticks.
 *
 * @param count the events so far
 * @param startMs the time of creation, on the clock that `tick` and `read` use
 */
export function createRates(count: () => number, startMs: number): Rates {
  let lastTick = startMs;
  let seen = 0;
  let ticked = false;
  const averages = [0, 0, 0];

  const tick = (nowMs: number): void => {
    const due = Math.floor((nowMs - lastTick) / (interval * 1000));
    if (due < 1) return;
    const total = count();
    // Events of a longer pause are spread over its ticks: nobody knows when they came.
    const instant = (total - seen) / (due * interval);
    seen = total;
    lastTick += due * interval * 1000;
    for (const [index, weight] of weights.entries()) {
      const average = averages[index] ?? 0;
      const kept = ticked ? (1 - weight) ** due : 0;
      averages[index] = instant + (average - instant) * kept;
    }
    ticked = true;
  };
  return {
    tick,
    read(nowMs) {
      tick(nowMs);
      const [m1 = 0, m5 = 0, m15 = 0] = averages;
      const seconds = (nowMs - startMs) / 1000;
      return { m1, m5, m15, mean: seconds > 0 ? count() / seconds : 0 };
    },
  };
}
