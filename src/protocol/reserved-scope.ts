/** The scope value of a one-time initial access token; further ones begin with it and a colon. */
export const registrationScope = 'client-reg';

/** Scope value that opens introspection to a bearer token; the URL of the endpoint does so too. */
export const introspectionScope = 'urn:c2id:introspection_endpoint';

/**
 * Whether a scope value gives power over this server, to register clients or to look into tokens of others. Such a value is
 * never a user's to give, and is only registered with a master token.
 */
export function isReservedScope(value: string, issuer: string): boolean {
  if (value === registrationScope || value.startsWith(`${registrationScope}:`)) return true;
  return value === introspectionScope || value === introspectionEndpoint(issuer);
}

/** The URL of token introspection. */
export function introspectionEndpoint(issuer: string): string {
  return `${issuer}/token/introspect`;
}
