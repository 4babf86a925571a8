/** Prefix of consented claims that go into the ID token. */
export const idTokenClaimPrefix = 'id_token:';

/** Prefix of consented claims that go into the access token. */
export const accessTokenClaimPrefix = 'access_token:';

/** True for a consented claim that goes into one of the tokens: nothing that UserInfo is asked for. */
export function isTokenClaim(name: string): boolean {
  return name.startsWith(idTokenClaimPrefix) || name.startsWith(accessTokenClaimPrefix);
}

/** The claim name without its language tag (OpenID Connect Core, section 5.2). */
export function plainName(name: string): string {
  const hash = name.indexOf('#');
  return hash < 0 ? name : name.slice(0, hash);
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
