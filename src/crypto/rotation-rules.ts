import type { RotationRules } from './key-schedule.ts';
import type { KeySettings } from './properties.ts';

const day = 86_400;
/** Whole seconds on either side, and the tick by which a server without requests looks at its keys. */
const margin = 3;

/** The times of tokens that live longer than a superseded key is kept for, in seconds. */
export interface HoldRules {
  /** Up to this lifetime the rules of rotation keep the key for long enough. */
  readonly unheldLifetime: number;
  /** For how long a key outlasts such a token, as with the rules of rotation. */
  readonly margin: number;
}

/**
 * The times of a rotation as configured, and never so short that they would be wrong. A process may be behind the store by
 * `keyStore.jwkSetCacheLifetime`, and whoever fetched the published keys from it then may keep them for as long again.
 *
 * @param longestTokenLifetime seconds that a configured token can live
 */
export function rotationRules(settings: KeySettings, longestTokenLifetime: number): RotationRules {
  const { unheldLifetime, margin: caches } = holdRules(settings, longestTokenLifetime);
  return {
    lead: Math.max(settings.rotationPublishAhead, caches),
    retention: unheldLifetime + caches,
    maxAge: settings.rotationMaxAge * day,
  };
}

/**
 * From which lifetime a token has its key kept for longer.
 *
 * @param longestTokenLifetime seconds that a configured token can live
 */
export function holdRules(settings: KeySettings, longestTokenLifetime: number): HoldRules {
  return {
    unheldLifetime: Math.max(settings.rotationRetention, longestTokenLifetime),
    margin: 2 * Math.max(settings.cacheLifetime, 1) + margin,
  };
}
