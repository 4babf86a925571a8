import { parseJws } from '../../crypto/jws.ts';
import type { AccessToken } from '../../domain/access-token.ts';
import { isJsonObject, isStringArray, type Json, type JsonObject } from '../../domain/json.ts';
import { nonEmpty } from '../../domain/lists.ts';
import { splitWords } from '../../domain/scope.ts';
import { signAsServer } from '../../jose/sign-as-server.ts';
import { serverSignatureFault } from '../../jose/signed-by-server.ts';
import type { Provider } from '../context.ts';
import { withoutOwn } from './fed-claims.ts';
import { tokensProperties } from './properties.ts';

const mediaType = 'at+jwt';

/** Writes a self-contained access token in the configured profile (`oauth-1.0`: RFC 9068). Rejects without a signing key. */
export function writeAccessTokenJwt(provider: Provider, token: AccessToken): Promise<string> {
  const { accessTokenJwsAlg: alg, accessTokenProfile: profile } = provider.settingsOf(tokensProperties);
  const key = provider.keys.current().signingKey(alg);
  if (!key) throw new Error(`there is no key for authzStore.accessToken.jwsAlg=${alg}`);
  const core = profile === 'oauth-1.0' ? oauthClaims(token) : c2idClaims(token);
  const claims = token.extra === undefined ? core : { ...token.extra, ...core };
  return signAsServer(provider, key, {
    claims: JSON.stringify(claims),
    typ: profile === 'c2id-1.0' ? undefined : mediaType,
    lifetime: token.expiresAt - token.issuedAt,
  });
}

/** Claims of the profiles `c2id-1.0` and `c2id-1.1`. Absent members vanish when the object is written as JSON. */
function c2idClaims(token: AccessToken) {
  return {
    iss: token.issuer,
    sub: token.subject,
    act: token.actor === undefined ? undefined : { sub: token.actor },
    cid: token.clientId,
    aud: nonEmpty(token.audience),
    scp: nonEmpty(token.scope),
    iat: token.issuedAt,
    exp: token.expiresAt,
    jti: token.id,
    clm: nonEmpty(token.claims),
    cll: nonEmpty(token.claimsLocales),
    cld: token.claimsData,
    uip: token.presetUserInfo,
    dat: token.data,
    cnf: token.confirmation,
  };
}

/** Claims of the profile `oauth-1.0` (RFC 9068, section 2.2). */
function oauthClaims(token: AccessToken) {
  return {
    iss: token.issuer,
    sub: token.subject,
    act: token.actor === undefined ? undefined : { sub: token.actor },
    client_id: token.clientId,
    aud: nonEmpty(token.audience) ?? token.issuer,
    scope: token.scope.length === 0 ? undefined : token.scope.join(' '),
    iat: token.issuedAt,
    exp: token.expiresAt,
    jti: token.id,
    auth_time: token.authTime,
    acr: token.acr,
    amr: token.amr,
    clm: nonEmpty(token.claims),
    cll: nonEmpty(token.claimsLocales),
    cld: token.claimsData,
    uip: token.presetUserInfo,
    dat: token.data,
    cnf: token.confirmation,
  };
}

/**
 * Reads a self-contained access token of this issuer in any of the profiles, if its signature and expiry hold; `undefined`
 * for anything else. Revocation is not looked at.
 */
export async function readAccessTokenJwt(provider: Provider, jwt: string): Promise<AccessToken | undefined> {
  const jws = parseJws(jwt);
  if (!jws || !isAccessTokenType(jws.typ, provider)) return undefined;
  if ((await serverSignatureFault(provider.keys, jws)) !== undefined) return undefined;
  const token = accessTokenOf(jws.claims);
  if (token?.issuer !== provider.issuer) return undefined;
  return provider.clock.now() < token.expiresAt ? token : undefined;
}

/** Explicit typing keeps other JWTs of the server out (RFC 8725, section 3.11). */
function isAccessTokenType(typ: string | undefined, provider: Provider): boolean {
  if (typ === undefined) return provider.settingsOf(tokensProperties).accessTokenProfile !== 'oauth-1.0';
  return typ.toLowerCase() === mediaType;
}

function accessTokenOf(claims: JsonObject): AccessToken | undefined {
  const { iss, sub, cid = claims['client_id'], iat, exp, jti, aud, act } = claims;
  if (typeof iss !== 'string' || typeof sub !== 'string' || typeof cid !== 'string') return undefined;
  if (typeof iat !== 'number' || typeof exp !== 'number' || typeof jti !== 'string') return undefined;
  const scope = claims['scp'] ?? splitWords(typeof claims['scope'] === 'string' ? claims['scope'] : '');
  const extra = withoutOwn(claims);
  return {
    issuer: iss,
    subject: sub,
    actor: isJsonObject(act) && typeof act['sub'] === 'string' ? act['sub'] : undefined,
    clientId: cid,
    scope: strings(scope) ?? [],
    audience: typeof aud === 'string' ? [aud] : (strings(aud) ?? []),
    issuedAt: iat,
    expiresAt: exp,
    id: jti,
    grantId: grantIdOf(jti),
    claims: strings(claims['clm']) ?? [],
    claimsLocales: strings(claims['cll']) ?? [],
    claimsData: object(claims['cld']),
    presetUserInfo: object(claims['uip']),
    data: object(claims['dat']),
    confirmation: object(claims['cnf']),
    authTime: typeof claims['auth_time'] === 'number' ? claims['auth_time'] : undefined,
    acr: typeof claims['acr'] === 'string' ? claims['acr'] : undefined,
    amr: strings(claims['amr']),
    extra: Object.keys(extra).length === 0 ? undefined : extra,
  };
}

function strings(value: Json | undefined): readonly string[] | undefined {
  return isStringArray(value) ? value : undefined;
}

function object(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

/**
 * A token identifier within a grant: the ID of the grant, a dot, and 128 random bits. So a signed token leads back to its
 * grant without a lookup, and ending the grant reaches it.
 */
export function tokenIdWithin(grantId: string, provider: Provider): string {
  const random = provider.random.text(16);
  return grantId === '' ? random : `${grantId}.${random}`;
}

/** The grant that a token identifier belongs to; a token of a client itself is a grant of its own. */
export function grantIdOf(tokenId: string): string {
  const dot = tokenId.indexOf('.');
  return dot < 0 ? tokenId : tokenId.slice(0, dot);
}
