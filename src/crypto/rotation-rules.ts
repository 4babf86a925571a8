import type { RotationRules } from './key-schedule.ts';
import type { KeySettings } from './properties.ts';

const day = 86_400;
/** Whole seconds on either side, and the tick by which a server without requests looks at its keys. */
const margin = 3;

/**
 * The times of a rotation as configured, and never so short that they would be wrong. A process may be behind the store by
 * `keyStore.jwkSetCacheLifetime`, and whoever fetched the published keys from it then may keep them for as long again.
 *
 * @param longestTokenLifetime seconds that a configured token can live
 */
export function rotationRules(settings: KeySettings, longestTokenLifetime: number): RotationRules {
  const caches = 2 * Math.max(settings.cacheLifetime, 1) + margin;
  return {
    lead: Math.max(settings.rotationPublishAhead, caches),
    retention: Math.max(settings.rotationRetention, longestTokenLifetime) + caches,
    maxAge: settings.rotationMaxAge * day,
  };
}
