import { isJsonObject, type JsonObject, parseJson } from '../../kit/src/json.ts';

/**
 * What can be seen of a token without any key. `jwt`: signed, header and claims readable (nothing is verified here);
 * `encrypted`: a JWE, only its header is readable; `opaque`: an identifier that only the server can resolve.
 */
export type DecodedToken =
  | { readonly kind: 'jwt'; readonly header: JsonObject; readonly claims: JsonObject }
  | { readonly kind: 'encrypted'; readonly header: JsonObject }
  | { readonly kind: 'opaque' };

function decodePart(part: string | undefined): JsonObject | undefined {
  if (part === undefined || !/^[A-Za-z0-9_-]+$/.test(part)) return undefined;
  const value = parseJson(Buffer.from(part, 'base64url').toString('utf8'));
  return isJsonObject(value) ? value : undefined;
}

/** Takes a token apart by its shape: JWS and JWE compact serialization (RFC 7515 section 7.1, RFC 7516 section 7.1), or opaque. */
export function decodeToken(token: string): DecodedToken {
  const parts = token.split('.');
  const header = decodePart(parts[0]);
  if (header === undefined || typeof header['alg'] !== 'string') return { kind: 'opaque' };
  if (parts.length === 5) return { kind: 'encrypted', header };
  const claims = parts.length === 3 ? decodePart(parts[1]) : undefined;
  return claims === undefined ? { kind: 'opaque' } : { kind: 'jwt', header, claims };
}

const TIME_CLAIMS: Readonly<Record<string, string>> = {
  iat: 'Issued',
  nbf: 'Not valid before',
  exp: 'Expires',
  auth_time: 'Signed in',
  updated_at: 'Profile updated',
};

/** The time claims of a token or response with a label for each, in the order of the claims. Times in Unix seconds. */
export function timeClaims(claims: JsonObject): readonly { name: string; label: string; time: number }[] {
  return Object.entries(claims).flatMap(([name, time]) => {
    const label = Object.hasOwn(TIME_CLAIMS, name) ? TIME_CLAIMS[name] : undefined;
    return label !== undefined && typeof time === 'number' ? [{ name, label, time }] : [];
  });
}

/** The public key of a JWK set that a JWS header points at: by `kid`, or the only key when the header names none. */
export function findKey(header: JsonObject, keys: readonly JsonObject[]): JsonObject | undefined {
  if (header['kid'] !== undefined) return keys.find((key) => key['kid'] === header['kid']);
  return keys.length === 1 ? keys[0] : undefined;
}

/** A JWK in words: `EC P-256 key “CXup”`. */
export function describeKey(key: JsonObject): string {
  const { kty, crv, kid } = key;
  const type = [kty, crv].filter((part) => typeof part === 'string').join(' ');
  return `${type} key${typeof kid === 'string' ? ` “${kid}”` : ''}`;
}
