import type { AccessToken } from '../../domain/access-token.ts';
import type { Authorization } from '../../domain/authorization.ts';
import { accessTokenClaimPrefix, accessTokenPlaces } from '../../domain/claim-names.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { events } from '../../events/catalogue.ts';
import type { RequestContext } from '../context.ts';
import { tokensProperties } from './properties.ts';

/** The members of an access token that claims are fed into, with what stood there. */
type FedClaims = Pick<AccessToken, 'extra' | 'presetUserInfo' | 'data'>;

/**
 * What a consent orders into the access token itself: `access_token:email` becomes a top-level claim,
 * `access_token:uip:email` a preset UserInfo claim, `access_token:dat:email` a member of the custom data. Values are sourced
 * anew for each token;
 * `undefined`: nothing is ordered. Rejects when a claims source fails and `op.idToken.ignoreClaimsSourceErrors` is off.
 */
export function fedClaims(ctx: RequestContext, authorization: Authorization): Promise<FedClaims> | undefined {
  const ordered = authorization.claims.filter((name) => name.startsWith(accessTokenClaimPrefix));
  return ordered.length === 0 ? undefined : feed(ctx, authorization, ordered);
}

async function feed(ctx: RequestContext, authorization: Authorization, ordered: readonly string[]): Promise<FedClaims> {
  const orders = ordered.map((name) => orderOf(name.slice(accessTokenClaimPrefix.length)));
  const values = await valuesOf(
    ctx,
    authorization,
    orders.map(({ name }) => name),
  );
  const fed = { top: new Map<string, Json>(), uip: new Map<string, Json>(), dat: new Map<string, Json>() };
  for (const { place, name } of orders) {
    const value = values[name];
    if (value !== undefined) fed[place].set(name, value);
  }
  return {
    extra: fed.top.size === 0 ? undefined : withoutOwn(Object.fromEntries(fed.top)),
    presetUserInfo: joined(authorization.presetUserInfo, fed.uip),
    data: joined(authorization.data, fed.dat),
  };
}

function joined(given: JsonObject | undefined, fed: ReadonlyMap<string, Json>): JsonObject | undefined {
  return fed.size === 0 ? given : { ...given, ...Object.fromEntries(fed) };
}

function orderOf(text: string): { readonly place: 'top' | 'uip' | 'dat'; readonly name: string } {
  const prefix = accessTokenPlaces.find((candidate) => text.startsWith(candidate));
  if (prefix === undefined) return { place: 'top', name: text };
  return { place: prefix === 'uip:' ? 'uip' : 'dat', name: text.slice(prefix.length) };
}

async function valuesOf(
  ctx: RequestContext,
  authorization: Authorization,
  names: readonly string[],
): Promise<JsonObject> {
  const { claims, issuer, settingsOf } = ctx.provider;
  try {
    return await claims.claimsOf(authorization.subject, names, authorization.claimsLocales, {
      issuer,
      transport: undefined,
      clientId: authorization.clientId,
      scope: authorization.scope,
      claimsData: authorization.claimsData,
    });
  } catch (error) {
    ctx.emit(events.token.accessTokenClaimsFailed, { clientId: authorization.clientId }, error);
    if (settingsOf(tokensProperties).idTokenIgnoreClaimsSourceErrors) return {};
    throw error;
  }
}

/** Top-level claims with a meaning of their own, in any of the profiles. */
const ownClaims = new Set([
  'iss',
  'sub',
  'act',
  'cid',
  'client_id',
  'aud',
  'scp',
  'scope',
  'iat',
  'exp',
  'nbf',
  'jti',
  'ats',
  'clm',
  'cll',
  'cld',
  'uip',
  'sik',
  'dat',
  'cnf',
  'auth_time',
  'acr',
  'amr',
]);

/** The claims but for those that a token has a meaning of its own for, whether it carries them or not. */
export function withoutOwn(claims: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !ownClaims.has(name)));
}
