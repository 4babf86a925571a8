import type { PropertyGroup, SettingsOf } from './property.ts';

/**
 * The typed values of a declared property group: `settingsOf(tokenProperties).authMethods`. Cheap, and always the same frozen
 * object. Throws an `Error` for a group that no feature declares, which is a mistake in the program.
 */
export type SettingsReader = <G extends PropertyGroup>(group: G) => SettingsOf<G>;

/** Values by the group that declares them. Each was made by the declarations of its group. */
export type ValuesByGroup = ReadonlyMap<PropertyGroup, Readonly<Record<string, unknown>>>;

/** A reader of loaded values. */
export function settingsReader(values: ValuesByGroup): SettingsReader {
  return <G extends PropertyGroup>(group: G) => {
    const found = values.get(group);
    if (found === undefined) {
      const names = Object.values(group).map(({ name }) => name);
      throw new Error(`no feature declares the property group of ${names.join(', ')}`);
    }
    // The values of a group were made by its own declarations, which the compiler cannot see through the map.
    return found as SettingsOf<G>;
  };
}

/** The settings of groups for which nothing is configured. */
export function defaultSettings(groups: Iterable<PropertyGroup>): SettingsReader {
  const values = new Map<PropertyGroup, Readonly<Record<string, unknown>>>();
  for (const group of groups) {
    const defaults = Object.entries(group).map(([member, { defaultValue }]) => [member, defaultValue]);
    values.set(group, Object.freeze(Object.fromEntries(defaults)));
  }
  return settingsReader(values);
}

/** The same settings with members of one group replaced. */
export function withSettings<G extends PropertyGroup>(
  settingsOf: SettingsReader,
  group: G,
  members: Partial<SettingsOf<G>>,
): SettingsReader {
  const replaced = settingsReader(new Map([[group, Object.freeze({ ...settingsOf(group), ...members })]]));
  return <O extends PropertyGroup>(other: O) => (Object.is(other, group) ? replaced(other) : settingsOf(other));
}
