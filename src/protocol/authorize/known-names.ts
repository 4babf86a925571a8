import { isPlainClaimName } from '../../domain/claim-names.ts';
import type { Client } from '../../domain/client.ts';
import { offlineAccess } from '../../domain/scope.ts';
import type { Provider } from '../context.ts';
import type { ClaimsRequest } from './claims-request.ts';
import { authorizeProperties } from './properties.ts';

/** Claims that nobody here knows, of which one request may ask. */
export const maxUnknownClaims = 20;

/** Scope values that a specification names and that stand for no claims (OpenID Connect Core, sections 3.1.2.1 and 11). */
const standardScope: ReadonlySet<string> = new Set(['openid', offlineAccess]);

/**
 * Whether the configuration (`op.authz.advertisedScopes`, `op.claims.map`), the client's registration or a specification has
 * the scope value. Any other is the client's own text.
 */
export function isKnownScope({ settingsOf, claims }: Provider, client: Client, value: string): boolean {
  if (standardScope.has(value) || client.scope?.has(value) === true) return true;
  return settingsOf(authorizeProperties).advertisedScopes.includes(value) || claims.claimsOfScope([value]).length > 0;
}

/**
 * Whether the configuration (`op.authz.advertisedClaims`, `op.claims.map`, the names and prefixes of the claims sources, but not
 * their `*`) or a specification has the claim. Any other is the client's own text.
 */
export function isKnownClaim({ settingsOf, claims }: Provider, name: string): boolean {
  return claims.isKnown(name) || settingsOf(authorizeProperties).advertisedClaims.includes(name);
}

/** What is asked for of the claims that a client names. */
export type AdmittedClaims = Pick<ClaimsRequest, 'userinfo' | 'idToken' | 'essential'> & {
  /** How many names are ignored (OpenID Connect Core, section 5.5: what is not understood). */
  readonly ignored: number;
};

/**
 * The claims that are known, and of others the first 20 whose names are at most 100 letters, digits and `_.:/-`: consent pages
 * show these names, so that they are no place for messages of a client. An unknown claim is never essential.
 */
export function admittedClaims(provider: Provider, { userinfo, idToken, essential }: ClaimsRequest): AdmittedClaims {
  const names = [...new Set([...userinfo, ...idToken])];
  const unknown = names.filter((name) => !isKnownClaim(provider, name));
  if (unknown.length === 0) return { userinfo, idToken, essential, ignored: 0 };
  const admitted = unknown.filter(isPlainClaimName).slice(0, maxUnknownClaims);
  const ignored = new Set(unknown.filter((name) => !admitted.includes(name)));
  const asked = (name: string) => !ignored.has(name);
  return {
    userinfo: userinfo.filter(asked),
    idToken: idToken.filter(asked),
    essential: new Set([...essential].filter((name) => !unknown.includes(name))),
    ignored: ignored.size,
  };
}
