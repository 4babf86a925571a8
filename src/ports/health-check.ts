/** Whether a part of the server works. */
export interface HealthCheck {
  /** The member name in the answer, e.g. `sqlStore.pool.ConnectivityCheck`. */
  readonly name: string;
  /** Resolves when healthy; rejects when not. The error goes to the log, never to the answer. */
  check(): Promise<void>;
  /** Reported, but the server counts as healthy without it. */
  readonly informational?: boolean;
}
