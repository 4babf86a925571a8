import type { DistributionValues } from './distribution.ts';
import type { RateValues } from './rates.ts';

/** All values at one moment, per kind by name in the order of the names. */
export interface MetricsSnapshot {
  /** `undefined` where the value could not be read. */
  readonly gauges: ReadonlyMap<string, number | undefined>;
  readonly counters: ReadonlyMap<string, number>;
  readonly meters: ReadonlyMap<string, { readonly count: number; readonly rates: RateValues }>;
  /** Distributions in milliseconds. */
  readonly timers: ReadonlyMap<
    string,
    { readonly count: number; readonly rates: RateValues; readonly distribution: DistributionValues }
  >;
  readonly histograms: ReadonlyMap<string, { readonly count: number; readonly distribution: DistributionValues }>;
}
