import type { MetricsSnapshot } from './metrics-snapshot.ts';
import type { RateValues } from './rates.ts';

/** Version of the JSON form, by which readers of it tell what to expect. */
const formatVersion = '4.0.0';

/** The values as Dropwizard Metrics JSON: durations in milliseconds, rates per second. A gauge that cannot be read is null. */
export function renderDropwizard(snapshot: MetricsSnapshot, pretty: boolean): string {
  const json = {
    version: formatVersion,
    gauges: members(snapshot.gauges, (value) => ({ value: value ?? null })),
    counters: members(snapshot.counters, (count) => ({ count })),
    histograms: members(snapshot.histograms, ({ count, distribution }) => ({ count, ...distribution })),
    meters: members(snapshot.meters, ({ count, rates }) => ({ count, ...rateMembers(rates), units: 'events/second' })),
    timers: members(snapshot.timers, ({ count, rates, distribution }) => ({
      count,
      ...distribution,
      ...rateMembers(rates),
      duration_units: 'milliseconds',
      rate_units: 'calls/second',
    })),
  };
  return JSON.stringify(json, null, pretty ? 2 : undefined);
}

function members<V, J>(values: ReadonlyMap<string, V>, toJson: (value: V) => J): Record<string, J> {
  return Object.fromEntries([...values].map(([name, value]) => [name, toJson(value)]));
}

function rateMembers(rates: RateValues) {
  return { m1_rate: rates.m1, m5_rate: rates.m5, m15_rate: rates.m15, mean_rate: rates.mean };
}
