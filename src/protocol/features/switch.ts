import type { Property, PropertyGroup } from '../../config/property.ts';
import type { SettingsReader } from '../../config/settings-reader.ts';
import { type ApiTokenGroup, tokensOf } from './access.ts';

/** A property that switches something on and off. */
export interface Switch {
  readonly property: Property<unknown>;
  isOn(settingsOf: SettingsReader): boolean;
}

/** The switch that a boolean property of a group is. */
export function switchedBy<G extends PropertyGroup>(group: G, property: Property<boolean> & G[keyof G]): Switch {
  const member = Object.keys(group).find((name) => group[name] === property);
  if (member === undefined) throw new Error(`the property ${property.name} is not of the group`);
  return { property, isOn: (settingsOf) => settingsOf(group)[member] === true };
}

/**
 * On while the group has a token: for a web API that is no part of the protocol, and whose path is as unknown as any other
 * where nobody has opened it.
 */
export function openedBy(group: ApiTokenGroup): Switch {
  return { property: group.apiTokens, isOn: (settingsOf) => tokensOf(group, settingsOf).size > 0 };
}
