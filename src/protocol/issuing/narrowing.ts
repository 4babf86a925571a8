import type { Authorization, RememberedAuthorization } from '../../domain/authorization.ts';
import { idTokenClaimPrefix, isTokenClaim, plainClaim } from '../../domain/claim-names.ts';
import { parseScope } from '../../domain/scope.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { Provider } from '../context.ts';

/**
 * What of a grant is still agreed to: without what the subject has declined or taken back since. Throws
 * `invalid-refresh-token` when no audience is left, since a token without one would open more and not less.
 */
export function stillAgreed(
  provider: Provider,
  granted: Authorization,
  remembered: RememberedAuthorization | undefined,
): Authorization {
  const declined = remembered?.declined;
  if (!declined || declined.scope.length + declined.claims.length + declined.audience.length === 0) return granted;
  const scope = granted.scope.filter((value) => !declined.scope.includes(value));
  const audience = granted.audience.filter((value) => !declined.audience.includes(value));
  if (granted.audience.length > 0 && audience.length === 0) {
    throw new OAuthError('invalid-refresh-token', 'the subject has taken back every resource of the grant');
  }
  const claims = granted.claims.filter((name) => !declined.claims.includes(plainClaim(name)));
  return { ...withScope(provider, { ...granted, claims }, scope), audience };
}

/** The authorization within a requested scope (RFC 6749, section 6). Throws `malformed-scope` and `scope-exceeds-grant`. */
export function withinScope(provider: Provider, granted: Authorization, requested: string | undefined): Authorization {
  if (requested === undefined) return granted;
  const values = parseScope(requested);
  if (!values) throw new OAuthError('malformed-scope', 'scope has illegal characters or too many values');
  if (!values.every((value) => granted.scope.includes(value))) {
    throw new OAuthError('scope-exceeds-grant', 'the scope must stay within what was granted');
  }
  return withScope(provider, granted, values);
}

/** The authorization for the requested resources (RFC 8707, section 2.2). Throws `invalid-target` for one that was not granted. */
export function withinAudience(granted: Authorization, requested: readonly string[]): Authorization {
  if (requested.length === 0) return granted;
  if (!requested.every((resource) => granted.audience.includes(resource))) {
    throw new OAuthError('invalid-target', 'resource must name resources that were granted');
  }
  return { ...granted, audience: [...new Set(requested)] };
}

/** Claims follow the scope: those that only a dropped value stands for go with it. */
function withScope(provider: Provider, granted: Authorization, scope: readonly string[]): Authorization {
  if (scope.length === granted.scope.length) return granted;
  const dropped = granted.scope.filter((value) => !scope.includes(value));
  const lost = new Set(provider.claims.claimsOfScope(dropped));
  for (const name of provider.claims.claimsOfScope(scope)) lost.delete(name);
  const claims = granted.claims.filter((name) => !followsScope(name) || !lost.has(plainClaim(name)));
  return { ...granted, scope, claims };
}

/** What the login page orders into access tokens does not depend on the scope. */
function followsScope(name: string): boolean {
  return !isTokenClaim(name) || name.startsWith(idTokenClaimPrefix);
}
