import { isJsonObject, type JsonObject } from '../../../kit/src/json.ts';

const CLAIMS: ReadonlyMap<string, string> = new Map([
  ['name', 'Full name'],
  ['given_name', 'Given name'],
  ['family_name', 'Family name'],
  ['middle_name', 'Middle name'],
  ['nickname', 'Nickname'],
  ['preferred_username', 'Preferred username'],
  ['profile', 'Profile page'],
  ['picture', 'Picture'],
  ['website', 'Website'],
  ['gender', 'Gender'],
  ['birthdate', 'Date of birth'],
  ['zoneinfo', 'Time zone'],
  ['locale', 'Language and region'],
  ['updated_at', 'When your profile was last changed'],
  ['email', 'Email address'],
  ['email_verified', 'Whether your email address is verified'],
  ['phone_number', 'Phone number'],
  ['phone_number_verified', 'Whether your phone number is verified'],
  ['address', 'Postal address'],
]);

/** A claim in plain words; an unknown one by its name, and `verified:` claims say so. */
export function claimLabel(claim: string): string {
  const verified = claim.startsWith('verified:');
  const name = verified ? claim.slice('verified:'.length) : claim;
  return (CLAIMS.get(name) ?? name) + (verified ? ' (verified)' : '');
}

/** The value of a claim in one short line, or `undefined` when it is not known or not for reading. */
export function claimValue(claims: JsonObject, claim: string): string | undefined {
  const value = claims[claim];
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  if (typeof value === 'number' && claim === 'updated_at') return new Date(value * 1000).toISOString().slice(0, 10);
  const text = isJsonObject(value) ? value['formatted'] : value;
  if (typeof text === 'number') return String(text);
  if (typeof text !== 'string' || text === '') return undefined;
  const line = text.replace(/\s*[\r\n]+\s*/g, ', ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
