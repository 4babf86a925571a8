import type { Property, PropertyGroup } from '../../config/property.ts';
import type { SettingsReader } from '../../config/settings-reader.ts';

/** A property that switches something on and off. */
export interface Switch {
  readonly property: Property<boolean>;
  isOn(settingsOf: SettingsReader): boolean;
}

/** The switch that a boolean property of a group is. */
export function switchedBy<G extends PropertyGroup>(group: G, property: Property<boolean> & G[keyof G]): Switch {
  const member = Object.keys(group).find((name) => group[name] === property);
  if (member === undefined) throw new Error(`the property ${property.name} is not of the group`);
  return { property, isOn: (settingsOf) => settingsOf(group)[member] === true };
}
