import { type Answered, object, text } from './values.ts';

/** The claims of a signed JWT, unverified. Example: `claimsOf(tokens.id)['sub']`. Throws an `Error` for anything else. */
export function claimsOf(jwt: unknown): Answered {
  return partOf(jwt, 1);
}

/** The protected header of a JWT. Example: `headerOf(tokens.access)['typ']`. Throws an `Error` for anything else. */
export function headerOf(jwt: unknown): Answered {
  return partOf(jwt, 0);
}

/** A value (or a text as it is) as a part of a JWT, to forge one: `` `${jwtPart({ alg: 'none' })}.${jwtPart(claims)}.` ``. */
export function jwtPart(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

function partOf(jwt: unknown, index: number): Answered {
  const part = text(jwt).split('.')[index] ?? '';
  return object(JSON.parse(Buffer.from(part, 'base64url').toString()));
}
