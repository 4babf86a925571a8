import { events } from '../../events/catalogue.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Events } from '../../ports/events.ts';
import type { HealthCheck } from '../../ports/health-check.ts';

/** The result of one check, as it is answered. */
export interface HealthResult {
  readonly healthy: boolean;
  readonly message?: string;
}

/** The results of all checks by name. */
export interface HealthReport {
  readonly healthy: boolean;
  readonly results: Readonly<Record<string, HealthResult>>;
}

/** Seconds for which a report is kept: health checks must not become a load of their own. */
const lifetime = 5;
/** Milliseconds after which a check counts as failed. */
const patience = 5000;

/** Runs the checks side by side, at most once in five seconds; a check that takes longer than five seconds has failed. */
export function createHealthReports(deps: {
  readonly checks: readonly HealthCheck[];
  readonly clock: Clock;
  readonly events: Events;
}): () => Promise<HealthReport> {
  let known: Promise<HealthReport> | undefined;
  let askedAt = 0;
  return () => {
    const now = deps.clock.now();
    if (known === undefined || now - askedAt >= lifetime) {
      askedAt = now;
      known = runAll(deps.checks, deps.events);
    }
    return known;
  };
}

async function runAll(checks: readonly HealthCheck[], told: Events): Promise<HealthReport> {
  const results = await Promise.all(checks.map((check) => run(check, told)));
  return {
    healthy: checks.every((check, index) => check.informational === true || results[index]?.healthy === true),
    results: Object.fromEntries(checks.map(({ name }, index) => [name, results[index] ?? { healthy: false }])),
  };
}

async function run({ name, check }: HealthCheck, told: Events): Promise<HealthResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, patience, 'late').unref();
  });
  try {
    const outcome = await Promise.race([check(), late]);
    if (outcome !== 'late') return { healthy: true };
    told.emit(events.health.checkSlow, { check: name, limit_ms: patience });
    return { healthy: false, message: 'The check took too long' };
  } catch (error) {
    told.emit(events.health.checkFailed, { check: name }, error);
    return { healthy: false, message: 'The check failed, see the log' };
  } finally {
    clearTimeout(timer);
  }
}
