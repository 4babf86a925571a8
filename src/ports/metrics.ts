/** Counts events. Implementations keep a plain number. */
export interface Meter {
  mark(): void;
}

/** Measures durations. */
export interface Timer {
  /** Milliseconds, fractions allowed. */
  record(milliseconds: number): void;
}

/** A number that goes up and down. */
export interface Counter {
  increment(): void;
  decrement(): void;
}

/** The distribution of a size. */
export interface Histogram {
  /** A number from 0; fractions are rounded. */
  record(value: number): void;
}

/** Where the parts of the server register what they measure. What they count are events, which have meters of their own. */
export interface Metrics {
  /** The timer of that name, created at its first mention. */
  timer(name: string): Timer;
  /** A gauge whose value is read when somebody looks. */
  gauge(name: string, read: () => number | Promise<number>): void;
}

/** The whole registry. */
export interface MetricsRegistry extends Metrics {
  /** The meter of that name, e.g. `tokenEndpoint.code.successfulRequests`, created at its first mention. */
  meter(name: string): Meter;
  /** The counter of that name, created at its first mention. */
  counter(name: string): Counter;
  /** The histogram of that name, created at its first mention. */
  histogram(name: string): Histogram;
}

/** Everything that is measured, in the forms that monitoring systems read. */
export interface MetricsReader {
  /** Prometheus text exposition format 0.0.4. */
  prometheus(): Promise<string>;
  /** Dropwizard Metrics JSON. */
  dropwizard(pretty: boolean): Promise<string>;
}

/** Metrics that go nowhere. */
export const noMetrics: Metrics & Pick<MetricsRegistry, 'meter'> = {
  meter: () => ({ mark() {} }),
  timer: () => ({ record() {} }),
  gauge() {},
};
