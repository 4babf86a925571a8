import { boolean, list, type SettingsOf, text } from '../../config/property.ts';

/** Properties of the claims source over a JSON users file. */
export const usersFileClaimsSourceProperties = {
  enable: boolean('op.usersFileClaimsSource.enable', false, 'Take the claims of subjects from a JSON users file.'),
  file: text('op.usersFileClaimsSource.file', 'The users file. Required when enabled.'),
  supportedClaims: list(
    'op.usersFileClaimsSource.supportedClaims',
    ['*'],
    'The claims that are taken from the file: names, prefixes ending in *, or * for all.',
  ),
} as const;

/** Values of the properties of the users file claims source. */
export type UsersFileClaimsSourceSettings = SettingsOf<typeof usersFileClaimsSourceProperties>;
