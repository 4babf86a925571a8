/** Prefix of consented claims that go into the ID token. */
export const idTokenClaimPrefix = 'id_token:';

/** Prefix of consented claims that go into the access token. */
export const accessTokenClaimPrefix = 'access_token:';

/** Prefix of claims with proof (OpenID Identity Assurance). */
const verifiedClaimPrefix = 'verified:';

const controlPrefixes = [idTokenClaimPrefix, accessTokenClaimPrefix, verifiedClaimPrefix];

/**
 * True for a word that only the web APIs of the login page may use: `*` for all that was asked for, and the prefixes that say
 * where a claim goes. No client can ask for it, as a claim or as a scope value.
 */
export function isControlWord(name: string): boolean {
  return name === '*' || controlPrefixes.some((prefix) => name.startsWith(prefix));
}

/** Where in the access token a claim goes, by what follows the prefix: into the preset UserInfo claims, or into the custom data. */
export const accessTokenPlaces = ['uip:', 'dat:'] as const;

/**
 * True for a claim name that no client can ask for: a control word, or what would become one behind the prefix that a login page
 * writes (`access_token:` before `dat:email`).
 */
export function isControlClaim(name: string): boolean {
  return isControlWord(name) || accessTokenPlaces.some((place) => name.startsWith(place));
}

/** The name of a consented claim without the prefixes that say where it goes. */
export function plainClaim(name: string): string {
  if (name.startsWith(idTokenClaimPrefix)) return name.slice(idTokenClaimPrefix.length);
  if (!name.startsWith(accessTokenClaimPrefix)) return name;
  const rest = name.slice(accessTokenClaimPrefix.length);
  const place = accessTokenPlaces.find((prefix) => rest.startsWith(prefix));
  return place === undefined ? rest : rest.slice(place.length);
}

/** True for a consented claim that goes into one of the tokens: nothing that UserInfo is asked for. */
export function isTokenClaim(name: string): boolean {
  return name.startsWith(idTokenClaimPrefix) || name.startsWith(accessTokenClaimPrefix);
}

/** The claim name without its language tag (OpenID Connect Core, section 5.2). */
export function plainName(name: string): string {
  const hash = name.indexOf('#');
  return hash < 0 ? name : name.slice(0, hash);
}

/** True for at most 100 letters, digits and `_.:/-`: a name or URI, and no sentence. */
export function isPlainClaimName(name: string): boolean {
  return /^[\w.:/-]{1,100}$/.test(name);
}

const technicalClaims = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'auth_time',
  'nonce',
  'acr',
  'amr',
  'azp',
  'sid',
  'at_hash',
  'c_hash',
  's_hash',
]);

/**
 * True for a claim that says something of the token or the login rather than of the person: never a matter of consent, and
 * set by no claims source (RFC 7519, section 4.1; OpenID Connect Core, section 2).
 */
export function isTechnicalClaim(name: string): boolean {
  return technicalClaims.has(name);
}
