import type { PropertyGroup, SettingsOf } from '../config/property.ts';

/** The values of a property group when nothing is configured: `{ ...defaultsOf(httpProperties), port: 0 }`. */
export function defaultsOf<G extends PropertyGroup>(group: G): SettingsOf<G> {
  const defaults = Object.fromEntries(Object.entries(group).map(([name, { defaultValue }]) => [name, defaultValue]));
  if (!coversGroup(defaults, group)) throw new Error('a property has no default');
  return defaults;
}

function coversGroup<G extends PropertyGroup>(values: object, group: G): values is SettingsOf<G> {
  return Object.keys(group).every((name) => name in values);
}
