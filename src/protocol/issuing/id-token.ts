import { leftHalfHash, sha256Bytes } from '../../crypto/digest.ts';
import { hashOfAlg, isAsymmetricJwsAlg } from '../../crypto/jws-algorithms.ts';
import type { Authorization } from '../../domain/authorization.ts';
import { idTokenClaimPrefix, isTechnicalClaim } from '../../domain/claim-names.ts';
import type { Client } from '../../domain/client.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { IDTokenOrder } from '../../domain/pending-code.ts';
import type { SubjectSession } from '../../domain/subject-session.ts';
import { events } from '../../events/catalogue.ts';
import { jwtFor } from '../../jose/jwt-for.ts';
import type { Provider, RequestContext } from '../context.ts';
import { tokensProperties } from './properties.ts';

/** Names of access token claims: an ID token that had them could pass for one. */
const accessTokenClaims = new Set(['cid', 'client_id', 'scp', 'scope', 'act', 'cnf']);

/** The ID token algorithms that the configuration allows and that there is a key for. */
export function supportedIdTokenAlgs({ keys, settingsOf }: Provider): readonly string[] {
  const { algs } = keys.current();
  return settingsOf(tokensProperties).idTokenJwsAlgs.filter((alg) => !isAsymmetricJwsAlg(alg) || algs.includes(alg));
}

/** Writes the ID token that accompanies an access token (OpenID Connect Core, section 2), signed as the client has registered. */
export async function writeIdToken(
  ctx: RequestContext,
  client: Client,
  authorization: Authorization,
  order: IDTokenOrder,
  accessToken: string,
): Promise<string> {
  const { settingsOf, clock, random, issuer } = ctx.provider;
  const sourced = needsSources(order) ? await sourcedClaims(ctx, authorization, order) : undefined;
  const now = clock.now();
  const lifetime = order.lifetime > 0 ? order.lifetime : settingsOf(tokensProperties).idTokenLifetime;
  const digest = hashOfAlg(client.idTokenAlg);
  const claims = {
    iss: issuer,
    sub: order.impersonatedSubject ?? authorization.subject,
    aud: client.id,
    exp: now + lifetime,
    iat: now,
    auth_time: order.authTime,
    nonce: order.nonce,
    acr: order.acr,
    amr: order.amr,
    sid: sessionIdOf(client, authorization),
    jti: settingsOf(tokensProperties).idTokenIncludeJwtId ? random.text(16) : undefined,
    at_hash: leftHalfHash(accessToken, digest),
    act: authorization.actor === undefined ? undefined : { sub: authorization.actor },
  };
  const text = JSON.stringify(sourced ? { ...sourced, ...defined(claims) } : claims);
  ctx.emit(events.token.idTokenIssued);
  return jwtFor(ctx.provider, client, {
    name: 'ID token',
    claims: text,
    lifetime,
    alg: client.idTokenAlg,
    typ: settingsOf(tokensProperties).idTokenJwtType,
    unsecured: settingsOf(tokensProperties).idTokenJwsAlgs.includes('none'),
  });
}

function sessionIdOf(client: Client, { sessionKey }: Authorization): string | undefined {
  return client.sessionIdRequired && sessionKey !== undefined ? sessionIdFor(sessionKey, client.id) : undefined;
}

/** The `sid` by which a client knows a session: SHA-256 over session key and client ID, cut to 16 bytes, BASE64URL. */
export function sessionIdFor(sessionKey: string, clientId: string): string {
  return sha256Bytes(`${sessionKey} ${clientId}`).toString('base64url', 0, 16);
}

/**
 * The order for a refreshed ID token: only where the authorisation allows it, `openid` is still in the scope, and the
 * subject's session has not ended. Without nonce and preset claims. `auth_time` stays where the first ID token had it, and is
 * that of the first (OpenID Connect Core, section 12.2); grants of earlier releases have it for clients that always want it.
 */
export function refreshedIdToken(
  ctx: RequestContext,
  client: Client,
  { allowIdTokenRefresh, scope, claims, authTime }: Authorization,
  session: SubjectSession | undefined,
): IDTokenOrder | undefined {
  if (!allowIdTokenRefresh || !scope.includes('openid') || !session) return undefined;
  ctx.emit(events.token.idTokenRefreshed);
  return {
    lifetime: 0,
    nonce: undefined,
    authTime: authTime ?? (client.requireAuthTime ? session.auth_time : undefined),
    acr: session.acr,
    amr: session.amr,
    impersonatedSubject: undefined,
    claims: idTokenClaims(claims),
    preset: undefined,
    sessionClaims: sessionClaims(ctx, session),
  };
}

/** The claims of a consent that shall go into the ID token. */
export function idTokenClaims(consented: readonly string[]): readonly string[] {
  return consented
    .filter((name) => name.startsWith(idTokenClaimPrefix))
    .map((name) => name.slice(idTokenClaimPrefix.length));
}

/** What of the claims of a session goes into ID tokens (`op.idToken.includeSubjectSessionClaims`). */
export function sessionClaims(ctx: RequestContext, { claims }: SubjectSession): JsonObject | undefined {
  const names = ctx.provider.settingsOf(tokensProperties).idTokenSessionClaims;
  if (!claims || names.length === 0) return undefined;
  if (names.includes('*')) return claims;
  return Object.fromEntries(Object.entries(claims).filter(([name]) => names.includes(name)));
}

function needsSources(order: IDTokenOrder): boolean {
  return order.claims.length > 0 || order.preset !== undefined || order.sessionClaims !== undefined;
}

/** Claims from sessions, sources and presets, in rising order. */
async function sourcedClaims(
  ctx: RequestContext,
  authorization: Authorization,
  order: IDTokenOrder,
): Promise<JsonObject> {
  const fromSources = order.claims.length > 0 ? await askSources(ctx, authorization, order.claims) : {};
  return withoutReserved({ ...order.sessionClaims, ...fromSources, ...order.preset });
}

async function askSources(
  ctx: RequestContext,
  authorization: Authorization,
  names: readonly string[],
): Promise<JsonObject> {
  const { claims, settingsOf, issuer } = ctx.provider;
  try {
    return await claims.claimsOf(authorization.subject, names, authorization.claimsLocales, {
      issuer,
      transport: 'id_token',
      clientId: authorization.clientId,
      scope: authorization.scope,
      claimsData: authorization.claimsData,
    });
  } catch (error) {
    ctx.emit(events.token.idTokenClaimsFailed, { clientId: authorization.clientId }, error);
    if (settingsOf(tokensProperties).idTokenIgnoreClaimsSourceErrors) return {};
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
