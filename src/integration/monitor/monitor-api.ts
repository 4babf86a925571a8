import type { Clock } from '../../ports/clock.ts';
import type { HttpReply } from '../../ports/endpoint.ts';
import type { Events } from '../../ports/events.ts';
import type { HealthCheck } from '../../ports/health-check.ts';
import type { MetricsReader } from '../../ports/metrics.ts';
import { createHealthReports } from './health.ts';

/** What the monitoring web API shows. */
export interface MonitorDeps {
  readonly metrics: MetricsReader;
  readonly checks: readonly HealthCheck[];
  readonly clock: Clock;
  readonly events: Events;
  /** Version of the product. */
  readonly version: string;
}

/** The resources of `/monitor/v1`. The caller checks the bearer token first. */
export interface MonitorApi {
  /** `GET /ping`: 200 `pong`. */
  ping(): HttpReply;
  /** `GET /healthcheck`: 200 when all is healthy, 500 when not, 501 when there is nothing to check. */
  healthcheck(): Promise<HttpReply>;
  /** `GET /metrics`: Dropwizard JSON, indented when the raw query has `pretty=true`. */
  metrics(query: string): Promise<HttpReply>;
  /** `GET /prometheus`: text exposition format 0.0.4. */
  prometheus(): Promise<HttpReply>;
  /** `GET /threads`: what the process is doing, as text. */
  threads(): HttpReply;
}

const neverStored = Object.freeze({
  'Cache-Control': 'must-revalidate,no-cache,no-store',
  'X-Content-Type-Options': 'nosniff',
});
const json = Object.freeze({ ...neverStored, 'Content-Type': 'application/json' });
const text = Object.freeze({ ...neverStored, 'Content-Type': 'text/plain;charset=UTF-8' });
const exposition = Object.freeze({ ...neverStored, 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });

const pong: HttpReply = Object.freeze({ status: 200, headers: text, body: 'pong' });

/** The monitoring web API over what is measured and checked. */
export function createMonitorApi({ metrics, checks, clock, events, version }: MonitorDeps): MonitorApi {
  const health = createHealthReports({ checks, clock, events });
  return {
    ping: () => pong,
    async healthcheck() {
      if (checks.length === 0) return { status: 501, headers: json, body: '{}' };
      const { healthy, results } = await health();
      return { status: healthy ? 200 : 500, headers: json, body: JSON.stringify(results) };
    },
    async metrics(query) {
      const pretty = new URLSearchParams(query).get('pretty') === 'true';
      return { status: 200, headers: json, body: await metrics.dropwizard(pretty) };
    },
    prometheus: async () => ({ status: 200, headers: exposition, body: await metrics.prometheus() }),
    threads: () => ({ status: 200, headers: text, body: processText(version) }),
  };
}

/** Nothing in it names the runtime or a library. */
function processText(version: string): string {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const active = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) active.set(kind, (active.get(kind) ?? 0) + 1);
  const lines = [
    `version ${version}`,
    `uptime ${Math.floor(process.uptime())} s`,
    `cpu user ${Math.floor(user / 1000)} ms, system ${Math.floor(system / 1000)} ms`,
    `memory resident ${rss}, heap used ${heapUsed} of ${heapTotal}, external ${external} bytes`,
    ...[...active].sort().map(([kind, count]) => `active ${kind} ${count}`),
  ];
  return `${lines.join('\n')}\n`;
}
