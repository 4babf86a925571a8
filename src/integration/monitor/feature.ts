import type { HttpReply, HttpRequest } from '../../ports/endpoint.ts';
import { byApiToken } from '../../protocol/features/access.ts';
import { type BodyShape, bodyOf, json } from '../../protocol/features/body-shape.ts';
import { healthChecksOf } from '../../protocol/features/derive.ts';
import type { Assembly, Feature, RouteDeclaration } from '../../protocol/features/feature.ts';
import { version } from '../../version.ts';
import { createMonitorApi, type MonitorApi } from './monitor-api.ts';
import { monitorProperties } from './properties.ts';

const place = '/monitor/v1';

/** The monitoring web API over what is measured, and over the health of all features. */
export const monitorFeature: Feature = {
  name: 'monitor',
  title: 'Monitoring',
  place,
  properties: monitorProperties,
  routes: [
    route('/ping', 'Whether the process answers', bodyOf('text/plain'), (api) => api.ping()),
    route('/healthcheck', 'Whether it can work: 200 or 500, with each check', json(), (api) => api.healthcheck()),
    {
      ...route('/metrics', 'Metrics as JSON', json(), (api, { query }) => api.metrics(query)),
      query: { pretty: 'string?' },
    },
    route('/prometheus', 'Metrics for Prometheus', bodyOf('text/plain'), (api) => api.prometheus()),
    route('/threads', 'Information about the process', bodyOf('text/plain'), (api) => api.threads()),
  ],
};

function route(
  path: string,
  purpose: string,
  response: BodyShape,
  answer: (api: MonitorApi, request: HttpRequest) => HttpReply | Promise<HttpReply>,
): RouteDeclaration {
  return {
    method: 'GET',
    path: `${place}${path}`,
    purpose,
    // Load balancers cannot always set a header.
    access: byApiToken(monitorProperties, { inQuery: true }),
    response,
    endpoint(_provider, assembly) {
      const api = apiOf(assembly);
      return (_ctx, request) => answer(api, request);
    },
  };
}

function apiOf(assembly: Assembly): MonitorApi {
  const { provider, metrics } = assembly;
  const checks = healthChecksOf(assembly);
  return createMonitorApi({ metrics, checks, clock: provider.clock, events: provider.events, version });
}
