/** The time, as a port: tests set it. */
export interface Clock {
  /** Unix time in whole seconds. */
  now(): number;
}
