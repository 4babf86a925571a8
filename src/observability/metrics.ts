import type { Counter, Histogram, Meter, MetricsReader, MetricsRegistry, Timer } from '../ports/metrics.ts';
import { createDistribution, type DistributionValues } from './distribution.ts';
import { renderDropwizard } from './dropwizard.ts';
import type { MetricsSnapshot } from './metrics-snapshot.ts';
import { renderPrometheus } from './prometheus.ts';
import { createRates, type RateValues } from './rates.ts';

/** The metrics of a process. */
export interface ServerMetrics extends MetricsRegistry, MetricsReader {
  /** Reads everything; gauges are asked in parallel, and one that fails, or takes over three seconds, has no value. */
  snapshot(): Promise<MetricsSnapshot>;
  /** Keeps the moving averages up to date from now on; without it they are worked out when somebody looks. Returns the stop. */
  start(): () => void;
}

interface Instrument<T, V> {
  readonly write: T;
  tick(nowMs: number): void;
  read(nowMs: number): V;
}

const tickInterval = 5000;
const perMillisecond = 1e6;
/** Milliseconds that all gauges together get: whoever collects metrics gives up after some ten seconds. */
const gaugePatience = 3000;

/**
 * A registry of metrics. `mark`, `increment` and `decrement` are bare additions; `record` adds the cost of a histogram.
 *
 * @param now milliseconds on a monotonic clock, for tests
 */
export function createMetrics(now: () => number = () => performance.now()): ServerMetrics {
  const meters = new Map<string, ReturnType<typeof meterInstrument>>();
  const timers = new Map<string, ReturnType<typeof timerInstrument>>();
  const histograms = new Map<string, ReturnType<typeof histogramInstrument>>();
  const counters = new Map<string, ReturnType<typeof counterInstrument>>();
  const gauges = new Map<string, () => number | Promise<number>>();

  const snapshot = async (): Promise<MetricsSnapshot> => {
    const gaugeValues = await readGauges(gauges);
    const at = now();
    return {
      gauges: gaugeValues,
      counters: readAll(counters, at),
      meters: readAll(meters, at),
      timers: readAll(timers, at),
      histograms: readAll(histograms, at),
    };
  };
  return {
    meter: (name) => instrument(meters, name, () => meterInstrument(now())),
    timer: (name) => instrument(timers, name, () => timerInstrument(now)),
    counter: (name) => instrument(counters, name, counterInstrument),
    histogram: (name) => instrument(histograms, name, () => histogramInstrument(now)),
    gauge: (name, read) => void gauges.set(name, read),
    snapshot,
    prometheus: async () => renderPrometheus(await snapshot()),
    dropwizard: async (pretty) => renderDropwizard(await snapshot(), pretty),
    start() {
      const timer = setInterval(() => {
        const at = now();
        for (const meter of meters.values()) meter.tick(at);
        for (const each of timers.values()) each.tick(at);
      }, tickInterval).unref();
      return () => clearInterval(timer);
    },
  };
}

function instrument<T, V>(all: Map<string, Instrument<T, V>>, name: string, create: () => Instrument<T, V>): T {
  const known = all.get(name);
  if (known) return known.write;
  const created = create();
  all.set(name, created);
  return created.write;
}

function meterInstrument(startMs: number): Instrument<Meter, { count: number; rates: RateValues }> {
  const state = { count: 0 };
  const rates = createRates(() => state.count, startMs);
  return {
    write: {
      mark() {
        state.count += 1;
      },
    },
    tick: rates.tick,
    read: (nowMs) => ({ count: state.count, rates: rates.read(nowMs) }),
  };
}

/** Durations are kept in nanoseconds: a histogram takes whole numbers, and many are a few microseconds long. */
function timerInstrument(
  now: () => number,
): Instrument<Timer, { count: number; rates: RateValues; distribution: DistributionValues }> {
  const state = { count: 0 };
  const rates = createRates(() => state.count, now());
  const distribution = createDistribution();
  return {
    write: {
      record(milliseconds) {
        state.count += 1;
        distribution.record(milliseconds * perMillisecond, now());
      },
    },
    tick: rates.tick,
    read: (nowMs) => ({
      count: state.count,
      rates: rates.read(nowMs),
      distribution: scaled(distribution.read(nowMs), perMillisecond),
    }),
  };
}

function counterInstrument(): Instrument<Counter, number> {
  const state = { count: 0 };
  return {
    write: {
      increment() {
        state.count += 1;
      },
      decrement() {
        state.count -= 1;
      },
    },
    tick() {},
    read: () => state.count,
  };
}

function histogramInstrument(
  now: () => number,
): Instrument<Histogram, { count: number; distribution: DistributionValues }> {
  const state = { count: 0 };
  const distribution = createDistribution();
  return {
    write: {
      record(value) {
        state.count += 1;
        distribution.record(value, now());
      },
    },
    tick() {},
    read: (nowMs) => ({ count: state.count, distribution: distribution.read(nowMs) }),
  };
}

function scaled(values: DistributionValues, divisor: number): DistributionValues {
  return {
    max: values.max / divisor,
    mean: values.mean / divisor,
    min: values.min / divisor,
    p50: values.p50 / divisor,
    p75: values.p75 / divisor,
    p95: values.p95 / divisor,
    p98: values.p98 / divisor,
    p99: values.p99 / divisor,
    p999: values.p999 / divisor,
    stddev: values.stddev / divisor,
  };
}

function readAll<T, V>(all: ReadonlyMap<string, Instrument<T, V>>, nowMs: number): Map<string, V> {
  return new Map(sortedByName(all).map(([name, each]) => [name, each.read(nowMs)]));
}

async function readGauges(
  gauges: ReadonlyMap<string, () => number | Promise<number>>,
): Promise<Map<string, number | undefined>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, gaugePatience, undefined).unref();
  });
  const read = async ([name, value]: [string, () => number | Promise<number>]): Promise<
    [string, number | undefined]
  > => {
    try {
      const number = await Promise.race([value(), late]);
      return [name, Number.isFinite(number) ? number : undefined];
    } catch {
      return [name, undefined];
    }
  };
  try {
    return new Map(await Promise.all(sortedByName(gauges).map(read)));
  } finally {
    clearTimeout(timer);
  }
}

function sortedByName<V>(all: ReadonlyMap<string, V>): [string, V][] {
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1));
}
