import { leftHalfHash, sha256Bytes } from '../../crypto/digest.ts';
import { hashOfAlg, isAsymmetricJwsAlg } from '../../crypto/jws-algorithms.ts';
import type { Authorization } from '../../domain/authorization.ts';
import { idTokenClaimPrefix, isTechnicalClaim } from '../../domain/claim-names.ts';
import type { Client } from '../../domain/client.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { IDTokenOrder } from '../../domain/pending-code.ts';
import type { SubjectSession } from '../../domain/subject-session.ts';
import { jwtFor } from '../../jose/jwt-for.ts';
import type { Provider, RequestContext } from '../context.ts';

/** Names of access token claims: an ID token that had them could pass for one. */
const accessTokenClaims = new Set(['cid', 'client_id', 'scp', 'scope', 'act', 'cnf']);

/** The ID token algorithms that the configuration allows and that there is a key for. */
export function supportedIdTokenAlgs({ keys, settings }: Provider): readonly string[] {
  const { algs } = keys.current();
  return settings.tokens.idTokenJwsAlgs.filter((alg) => !isAsymmetricJwsAlg(alg) || algs.includes(alg));
}

/** Writes the ID token that accompanies an access token (OpenID Connect Core, section 2), signed as the client has registered. */
export async function writeIdToken(
  ctx: RequestContext,
  client: Client,
  authorization: Authorization,
  order: IDTokenOrder,
  accessToken: string,
): Promise<string> {
  const { settings, clock, random, issuer, metrics } = ctx.provider;
  const sourced = needsSources(order) ? await sourcedClaims(ctx, authorization, order) : undefined;
  const now = clock.now();
  const digest = hashOfAlg(client.idTokenAlg);
  const claims = {
    iss: issuer,
    sub: order.impersonated_sub ?? authorization.sub,
    aud: client.id,
    exp: now + (order.lifetime > 0 ? order.lifetime : settings.tokens.idTokenLifetime),
    iat: now,
    auth_time: order.auth_time,
    nonce: order.nonce,
    acr: order.acr,
    amr: order.amr,
    sid: client.sessionIdRequired && authorization.sik ? sessionIdFor(authorization.sik, client.id) : undefined,
    jti: settings.tokens.idTokenIncludeJwtId ? random.text(16) : undefined,
    at_hash: leftHalfHash(accessToken, digest),
    act: authorization.act === undefined ? undefined : { sub: authorization.act },
  };
  const text = JSON.stringify(sourced ? { ...sourced, ...defined(claims) } : claims);
  metrics.meter('op.idTokenIssues').mark();
  return jwtFor(ctx.provider, client, {
    name: 'ID token',
    claims: text,
    alg: client.idTokenAlg,
    typ: settings.tokens.idTokenJwtType,
    unsecured: settings.tokens.idTokenJwsAlgs.includes('none'),
  });
}

/** The `sid` by which a client knows a session: SHA-256 over session key and client ID, cut to 16 bytes, BASE64URL. */
export function sessionIdFor(sessionKey: string, clientId: string): string {
  return sha256Bytes(`${sessionKey} ${clientId}`).toString('base64url', 0, 16);
}

/**
 * The order for a refreshed ID token: only where the authorisation allows it, `openid` is still in the scope, and the
 * subject's session has not ended. Without nonce and preset claims; `auth_time` only for clients that always want it.
 */
export async function refreshedIdToken(
  ctx: RequestContext,
  client: Client,
  authorization: Authorization,
): Promise<IDTokenOrder | undefined> {
  if (!authorization.idr || !authorization.scp.includes('openid') || authorization.sik === undefined) return undefined;
  const session = await ctx.provider.stores.subjectSessions.get(authorization.sik);
  if (!session) return undefined;
  ctx.provider.metrics.meter('op.idTokenRefreshes').mark();
  return { lifetime: 0, ...sessionMembers(ctx, client, session), ...idTokenClaims(authorization.clm) };
}

/** The members of an ID token order that come from the session. */
export function sessionMembers(ctx: RequestContext, client: Client, session: SubjectSession) {
  const claims = feedSessionClaims(session.claims, ctx.provider.settings.tokens.idTokenSessionClaims);
  return {
    ...(client.requireAuthTime ? { auth_time: session.auth_time } : {}),
    ...(session.acr === undefined ? {} : { acr: session.acr }),
    ...(session.amr === undefined ? {} : { amr: session.amr }),
    ...(claims === undefined ? {} : { session_claims: claims }),
  };
}

/** The claims of a consent that shall go into the ID token. */
export function idTokenClaims(consented: readonly string[]): { readonly clm?: readonly string[] } {
  const names = consented
    .filter((name) => name.startsWith(idTokenClaimPrefix))
    .map((name) => name.slice(idTokenClaimPrefix.length));
  return names.length === 0 ? {} : { clm: names };
}

function feedSessionClaims(claims: JsonObject | undefined, names: readonly string[]): JsonObject | undefined {
  if (!claims || names.length === 0) return undefined;
  if (names.includes('*')) return claims;
  return Object.fromEntries(Object.entries(claims).filter(([name]) => names.includes(name)));
}

function needsSources(order: IDTokenOrder): boolean {
  return order.clm !== undefined || order.preset !== undefined || order.session_claims !== undefined;
}

/** Claims from sessions, sources and presets, in rising order. */
async function sourcedClaims(
  ctx: RequestContext,
  authorization: Authorization,
  order: IDTokenOrder,
): Promise<JsonObject> {
  const fromSources = order.clm ? await askSources(ctx, authorization, order.clm) : {};
  return withoutReserved({ ...order.session_claims, ...fromSources, ...order.preset });
}

async function askSources(
  ctx: RequestContext,
  authorization: Authorization,
  names: readonly string[],
): Promise<JsonObject> {
  const { claims, settings, issuer } = ctx.provider;
  try {
    return await claims.claimsOf(authorization.sub, names, authorization.cll ?? [], {
      issuer,
      transport: 'id_token',
      clientId: authorization.cid,
      scope: authorization.scp,
      ...(authorization.cld === undefined ? {} : { claimsData: authorization.cld }),
    });
  } catch (error) {
    ctx.log.error('OP2209', 'A claims source failed for an ID token', { clientId: authorization.cid }, error);
    if (settings.tokens.idTokenIgnoreClaimsSourceErrors) return {};
    throw error;
  }
}

function withoutReserved(claims: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(claims).filter(([name]) => !isTechnicalClaim(name) && !accessTokenClaims.has(name)),
  );
}

function defined(claims: Record<string, Json | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
