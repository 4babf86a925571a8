import type { PropertyGroup, SettingsOf } from '../config/property.ts';
import { defaultSettings } from '../config/settings-reader.ts';

/** The values of a property group when nothing is configured: `{ ...defaultsOf(httpProperties), port: 0 }`. */
export function defaultsOf<G extends PropertyGroup>(group: G): SettingsOf<G> {
  return defaultSettings([group])(group);
}
