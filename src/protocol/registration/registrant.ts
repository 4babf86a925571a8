import { equalTexts } from '../../crypto/digest.ts';
import type { AccessToken } from '../../domain/access-token.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import { type ApiTokenCheck, bearerToken } from '../bearer.ts';
import type { RequestContext } from '../context.ts';
import { registrationScope } from '../reserved-scope.ts';

/** Something that only a master token or a one-time token with this scope value may ask for. */
export type Privilege = 'client-reg:set-id' | 'client-reg:set-secret' | 'client-reg:set-data' | `client-reg:${string}`;

/** Who asks for a registration, and what may be asked for. */
export interface Registrant {
  readonly kind: 'open' | 'master' | 'initial-token' | 'client';
  may(privilege: Privilege): boolean;
  /** The one-time token to expend. */
  readonly initialToken: AccessToken | undefined;
}

/** Resolves an access token of this server; `undefined` when it is invalid, expired or revoked. */
export type AccessTokenVerifier = (ctx: RequestContext, token: string) => Promise<AccessToken | undefined>;

const nothing = () => false;

/** Somebody without a token. */
export const openRegistrant: Registrant = { kind: 'open', may: nothing, initialToken: undefined };

/** The holder of a master token: everything is allowed. */
export const masterRegistrant: Registrant = { kind: 'master', may: () => true, initialToken: undefined };

/** A client that manages its own registration (RFC 7592). */
export const clientRegistrant: Registrant = { kind: 'client', may: nothing, initialToken: undefined };

/**
 * The bearer token of a request. Throws `missing-token` when there is no `Authorization` header, and `invalid-api-token`
 * for one of another scheme.
 */
export function presentedToken(request: HttpRequest): string {
  if (request.headers['authorization'] === undefined) throw new OAuthError('missing-token', 'no Authorization header');
  const token = bearerToken(request);
  if (token === undefined || token === '') {
    throw new OAuthError('invalid-api-token', 'the Authorization header has no bearer token');
  }
  return token;
}

/**
 * Who registers a client (RFC 7591, section 3). Throws `registration-closed`, `invalid-token` and `insufficient-scope`.
 */
export async function registrantOf(
  ctx: RequestContext,
  request: HttpRequest,
  deps: { readonly isMaster: ApiTokenCheck; readonly verifyAccessToken: AccessTokenVerifier },
): Promise<Registrant> {
  if (request.headers['authorization'] === undefined) {
    if (ctx.provider.settings.registration.allowOpenRegistration) return openRegistrant;
    throw new OAuthError('registration-closed', 'no token, and op.reg.allowOpenRegistration is false');
  }
  const text = presentedToken(request);
  if (deps.isMaster(text)) return masterRegistrant;
  const token = await deps.verifyAccessToken(ctx, text);
  if (!token) {
    throw new OAuthError(
      'invalid-token',
      'neither a master token of op.reg.apiAccessTokenSHA256 nor a valid access token',
    );
  }
  checkInitialToken(ctx, token);
  return {
    kind: 'initial-token',
    may: (privilege) => token.scope.includes(privilege),
    initialToken: token,
  };
}

function checkInitialToken(ctx: RequestContext, token: AccessToken): void {
  const { issuer, settings } = ctx.provider;
  if (!token.scope.includes(registrationScope)) {
    throw new OAuthError('insufficient-scope', `expected the scope value ${registrationScope} in the access token`);
  }
  if (token.confirmation?.['x5t#S256'] !== undefined) {
    throw new OAuthError(
      'invalid-token',
      'the initial access token is bound to a client certificate, and there is none',
      'Missing / invalid client X.509 certificate for x5t#S256 bound access token',
    );
  }
  if (token.confirmation?.jkt !== undefined) {
    throw new OAuthError('invalid-token', 'the initial access token is bound to a DPoP key, and there is no proof');
  }
  if (!settings.registration.requireInitialAccessTokenAudience) return;
  const audience = token.audience ?? [];
  if (!audience.includes(issuer) && !audience.includes(`${issuer}/clients`)) {
    throw new OAuthError(
      'invalid-token',
      `expected ${issuer} or ${issuer}/clients in the audience of the initial access token (op.reg.requireInitialAccessTokenAudience)`,
    );
  }
}

/**
 * Expends a one-time initial access token. Throws `invalid-token` for all but the first caller.
 */
export async function expendInitialToken(ctx: RequestContext, token: AccessToken): Promise<void> {
  const expenditure = await ctx.provider.stores.expended.consume(registrationScope, token.id, token.expiresAt);
  if (!expenditure.first) {
    throw new OAuthError('invalid-token', `the initial access token was expended at ${expenditure.at}`);
  }
}

const noHash = 'A'.repeat(43);

/** Compares a presented registration access token's hash with the stored one, in constant time also when there is none. */
export function isRegistrationToken(presentedHash: string, storedHash: string | undefined): boolean {
  const equal = equalTexts(presentedHash, storedHash ?? noHash);
  return equal && storedHash !== undefined;
}
