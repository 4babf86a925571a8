import { equalTexts } from '../../crypto/digest.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import { type ApiTokenCheck, bearerToken } from '../bearer.ts';
import type { Provider, RequestContext } from '../context.ts';
import { registrationScope } from '../reserved-scope.ts';
import { type BoundToken, protectedResource, type ResourceRule } from '../sender-constraint/protected-resource.ts';
import { registrationProperties } from './properties.ts';

/** Something that only a master token or a one-time token with this scope value may ask for. */
export type Privilege = 'client-reg:set-id' | 'client-reg:set-secret' | 'client-reg:set-data' | `client-reg:${string}`;

/** Who asks for a registration, and what may be asked for. */
export interface Registrant {
  readonly kind: 'open' | 'master' | 'initial-token' | 'client';
  may(privilege: Privilege): boolean;
  /** The one-time token to expend. */
  readonly initialToken: BoundToken | undefined;
}

const nothing = () => false;

/** Somebody without a token. */
export const openRegistrant: Registrant = { kind: 'open', may: nothing, initialToken: undefined };

/** The holder of a master token: everything is allowed. */
export const masterRegistrant: Registrant = { kind: 'master', may: () => true, initialToken: undefined };

/** A client that manages its own registration (RFC 7592). */
export const clientRegistrant: Registrant = { kind: 'client', may: nothing, initialToken: undefined };

/** The bearer token of a request. Throws `missing-token` when it has none, be there another `Authorization` header or not. */
export function presentedToken(request: HttpRequest): string {
  const token = bearerToken(request);
  if (token === undefined || token === '') throw new OAuthError('missing-token', 'the request has no bearer token');
  return token;
}

/** What an initial access token must be good for (RFC 7591, section 3). */
export function initialTokenRule({ issuer, settingsOf }: Provider): ResourceRule {
  return {
    resource: 'client registration',
    formLimit: undefined,
    scope: [registrationScope],
    audience: settingsOf(registrationProperties).requireInitialAccessTokenAudience
      ? new Set([issuer, `${issuer}/clients`])
      : undefined,
    audienceRequired: true,
    properties: ['op.reg.apiAccessTokenSHA256', 'op.reg.requireInitialAccessTokenAudience'],
  };
}

/**
 * Who registers a client (RFC 7591, section 3). Throws `registration-closed`, `missing-token`, `invalid-token` and
 * `insufficient-scope`.
 */
export async function registrantOf(
  ctx: RequestContext,
  request: HttpRequest,
  deps: { readonly isMaster: ApiTokenCheck; readonly rule: ResourceRule },
): Promise<Registrant> {
  if (request.headers['authorization'] === undefined) {
    if (ctx.provider.settingsOf(registrationProperties).allowOpenRegistration) return openRegistrant;
    throw new OAuthError('registration-closed', 'no token, and op.reg.allowOpenRegistration is false');
  }
  const bearer = bearerToken(request);
  if (bearer !== undefined && deps.isMaster(bearer)) return masterRegistrant;
  const token = await protectedResource(ctx, request, deps.rule);
  return {
    kind: 'initial-token',
    may: (privilege) => token.scope.includes(privilege),
    initialToken: token,
  };
}

/**
 * Expends a one-time initial access token. Throws `invalid-token` for all but the first caller.
 */
export async function expendInitialToken(ctx: RequestContext, token: BoundToken): Promise<void> {
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
