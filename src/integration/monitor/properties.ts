import { apiTokenHashes, boolean, integer, type SettingsOf } from '../../config/property.ts';

/** Properties of monitoring. */
export const monitorProperties = {
  apiTokens: apiTokenHashes('monitor.apiAccessTokenSHA256', '/monitor/v1', ['monitor.secondaryAPIAccessTokenSHA256']),
  entryCountCacheTimeout: integer(
    'monitor.entryCountCacheTimeout',
    1800,
    'For how long counts of stored entries are kept; 0: not at all; negative: entries are never counted, and the gauges read -1.',
    { unit: 'seconds' },
  ),
  runtimeMetrics: boolean(
    'monitor.enableRuntimeMetrics',
    true,
    'Measure the process too: uptime, processor time, memory, delay of the event loop.',
  ),
} as const;

/** Values of the monitoring properties. */
export type MonitorSettings = SettingsOf<typeof monitorProperties>;
