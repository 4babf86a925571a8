import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** What is known about the values of the last minutes. All zero when there were none. */
export interface DistributionValues {
  readonly max: number;
  readonly mean: number;
  readonly min: number;
  readonly p50: number;
  readonly p75: number;
  readonly p95: number;
  readonly p98: number;
  readonly p99: number;
  readonly p999: number;
  readonly stddev: number;
}

/** Collects whole numbers. */
export interface Distribution {
  /** Adds a value; fractions are rounded, what is outside of 1..10^12 counts as the nearest bound. */
  record(value: number, nowMs: number): void;
  /** The distribution at that time. */
  read(nowMs: number): DistributionValues;
}

/** Milliseconds for which a generation of values is collected. */
const generation = 5 * 60 * 1000;
const largest = 1e12;

const nothing: DistributionValues = Object.freeze({
  max: 0,
  mean: 0,
  min: 0,
  p50: 0,
  p75: 0,
  p95: 0,
  p98: 0,
  p99: 0,
  p999: 0,
  stddev: 0,
});

/**
 * The distribution of recent values, exact to 1 %: two generations of five minutes each, so that what is read covers the
 * last five to ten. The histograms (some 35 KiB each) are made at the first value.
 */
export function createDistribution(): Distribution {
  let current: RecordableHistogram | undefined;
  let previous: RecordableHistogram | undefined;
  let since = 0;

  const age = (nowMs: number): void => {
    if (!current || nowMs - since < generation) return;
    const old = nowMs - since < 2 * generation ? current : undefined;
    // The histogram of the generation before last is cleared and used again.
    const free = old ? previous : current;
    previous = old;
    free?.reset();
    current = free ?? newHistogram();
    since = nowMs;
  };
  return {
    record(value, nowMs) {
      if (!current) {
        current = newHistogram();
        since = nowMs;
      } else if (nowMs - since >= generation) {
        age(nowMs);
      }
      // Written so that NaN counts as 1.
      current.record(value > 1 ? Math.min(Math.round(value), largest) : 1);
    },
    read(nowMs) {
      age(nowMs);
      if (!current) return nothing;
      if (!previous) return valuesOf(current);
      const both = newHistogram();
      both.add(previous);
      both.add(current);
      return valuesOf(both);
    },
  };
}

function newHistogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: largest, figures: 2 });
}

function valuesOf(histogram: RecordableHistogram): DistributionValues {
  if (histogram.count === 0) return nothing;
  return {
    max: histogram.max,
    mean: histogram.mean,
    min: histogram.min,
    p50: histogram.percentile(50),
    p75: histogram.percentile(75),
    p95: histogram.percentile(95),
    p98: histogram.percentile(98),
    p99: histogram.percentile(99),
    p999: histogram.percentile(99.9),
    stddev: histogram.stddev,
  };
}
