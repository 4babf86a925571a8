import type { Property } from '../../config/property.ts';
import type { SettingsReader } from '../../config/settings-reader.ts';
import { type ApiTokenGroup, tokensOf } from './access.ts';

/** A property that switches something on and off. */
export interface Switch {
  readonly property: Property<unknown>;
  isOn(settingsOf: SettingsReader): boolean;
}

/**
 * On while the group has a token: for a web API that is no part of the protocol, and whose path is as unknown as any other
 * where nobody has opened it.
 */
export function openedBy(group: ApiTokenGroup): Switch {
  return { property: group.apiTokens, isOn: (settingsOf) => tokensOf(group, settingsOf).size > 0 };
}
