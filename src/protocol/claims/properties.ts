import { multi, type SettingsOf, splitList } from '../../config/property.ts';

/** Properties of claims. */
export const claimsProperties = {
  map: multi(
    'op.claims.map',
    'op.claims.map.<scope value>: the claims that the scope value expands to, separated by commas or spaces. Replaces the standard claims of profile, email, address and phone.',
    { aliases: ['op.map.claims'], check: parseClaimNames },
  ),
} as const;

/** Values of the claims properties. */
export type ClaimsSettings = SettingsOf<typeof claimsProperties>;

function parseClaimNames(value: string): string {
  const control = splitList(value).find((name) => /^(?:\*$|(?:id_token|access_token):)/.test(name));
  if (control !== undefined) {
    throw new Error('expected plain claim names: * and the prefixes id_token: and access_token: are not allowed here');
  }
  return value;
}
