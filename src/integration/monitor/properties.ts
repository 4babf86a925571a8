import { apiTokenHashes, type SettingsOf } from '../../config/property.ts';

/** Properties of monitoring. */
export const monitorProperties = {
  apiTokens: apiTokenHashes('monitor.apiAccessTokenSHA256', '/monitor/v1', ['monitor.secondaryAPIAccessTokenSHA256']),
} as const;

/** Values of the monitoring properties. */
export type MonitorSettings = SettingsOf<typeof monitorProperties>;
