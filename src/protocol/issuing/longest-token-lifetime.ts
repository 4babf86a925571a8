import type { SettingsReader } from '../../config/settings-reader.ts';
import { tokenProperties } from '../grants/properties.ts';
import { tokensProperties } from './properties.ts';

/** Seconds that a signed token can live by the configuration; what a login page orders may be longer. */
export function longestTokenLifetime(settingsOf: SettingsReader): number {
  const { accessTokenLifetime, idTokenLifetime } = settingsOf(tokensProperties);
  return Math.max(accessTokenLifetime, idTokenLifetime, settingsOf(tokenProperties).clientCredentialsLifetime);
}
