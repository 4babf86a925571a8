import { splitList } from '../../config/property.ts';
import type { ClaimsSettings } from './properties.ts';

/** The claims that each scope value expands to. */
export type ScopeClaims = ReadonlyMap<string, readonly string[]>;

/** The standard map (OpenID Connect Core, section 5.4). */
const standardClaims: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'profile',
    [
      'name',
      'family_name',
      'given_name',
      'middle_name',
      'nickname',
      'preferred_username',
      'profile',
      'picture',
      'website',
      'gender',
      'birthdate',
      'zoneinfo',
      'locale',
      'updated_at',
    ],
  ],
  ['email', ['email', 'email_verified']],
  ['address', ['address']],
  ['phone', ['phone_number', 'phone_number_verified']],
]);

/** Claims about persons in the registry of JSON Web Token Claims that belong to no standard scope value. */
const registeredClaims = [
  ...['birth_family_name', 'birth_given_name', 'birth_middle_name', 'place_of_birth', 'nationalities'],
  ...['also_known_as', 'salutation', 'title', 'msisdn', 'roles', 'groups', 'entitlements'],
];

const standardNames: ReadonlySet<string> = new Set([...[...standardClaims.values()].flat(), ...registeredClaims]);

/** True for a claim of OpenID Connect Core, section 5.1, or about a person in the registry of RFC 7519, section 10.1. */
export function isStandardClaim(name: string): boolean {
  return standardNames.has(name);
}

/**
 * The standard map with `op.claims.map.*` laid over it. Throws an `Error` for the operator when an entry names no scope
 * value or no claim.
 */
export function scopeClaims(map: ClaimsSettings['map']): ScopeClaims {
  const merged = new Map(standardClaims);
  for (const [scope, text] of map) {
    const names = [...new Set(splitList(text))].filter((name) => name !== 'sub');
    if (scope === '') throw new Error('op.claims.map needs a scope value after it: op.claims.map.<scope value>');
    if (names.length === 0) throw new Error(`op.claims.map.${scope} names no claim`);
    merged.set(scope, names);
  }
  return merged;
}
