/** Counts events. Implementations keep a plain number. */
export interface Meter {
  mark(): void;
}

/** Measures durations. */
export interface Timer {
  /** Milliseconds, fractions allowed. */
  record(milliseconds: number): void;
}

/** Where the parts of the server register what they count; names as `tokenEndpoint.code.successfulRequests`. */
export interface Metrics {
  /** The meter of that name, created at its first mention. */
  meter(name: string): Meter;
  /** The timer of that name, created at its first mention. */
  timer(name: string): Timer;
  /** A gauge whose value is read when somebody looks. */
  gauge(name: string, read: () => number | Promise<number>): void;
}

/** Metrics that go nowhere. */
export const noMetrics: Metrics = {
  meter: () => ({ mark() {} }),
  timer: () => ({ record() {} }),
  gauge() {},
};
