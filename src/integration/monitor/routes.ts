import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { MetricsReader } from '../../ports/metrics.ts';
import { createApiTokenGuard } from '../../protocol/bearer.ts';
import type { Endpoint, Route } from '../../protocol/context.ts';
import type { HealthCheck } from './health.ts';
import { createMonitorApi } from './monitor-api.ts';
import type { MonitorSettings } from './properties.ts';

/** The monitoring web API. Load balancers may give the token in the query, as `access_token`. */
export function createMonitorRoutes(deps: {
  readonly settings: MonitorSettings;
  readonly metrics: MetricsReader;
  readonly checks: readonly HealthCheck[];
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
}): readonly Route[] {
  const api = createMonitorApi(deps);
  const guard = createApiTokenGuard(deps.settings.apiTokens, 'monitor.apiAccessTokenSHA256', 'header-or-query');
  const guarded = (path: string, endpoint: Endpoint): Route => ({
    method: 'GET',
    path: `/monitor/v1/${path}`,
    endpoint: (ctx, request) => {
      guard(ctx, request);
      return endpoint(ctx, request);
    },
  });
  return [
    guarded('ping', api.ping),
    guarded('healthcheck', api.healthcheck),
    guarded('metrics', (_ctx, request) => api.metrics(request.query)),
    guarded('prometheus', api.prometheus),
    guarded('threads', api.threads),
  ];
}
