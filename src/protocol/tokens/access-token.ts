import { parseJws } from '../../crypto/jws.ts';
import type { AccessToken } from '../../domain/access-token.ts';
import { isJsonObject, isStringArray, type JsonObject } from '../../domain/json.ts';
import { splitWords } from '../../domain/scope.ts';
import { serverSignatureFault } from '../../jose/signed-by-server.ts';
import type { Provider } from '../context.ts';
import { withoutOwn } from './fed-claims.ts';

const mediaType = 'at+jwt';

/** Writes a self-contained access token in the configured profile (`oauth-1.0`: RFC 9068). Rejects without a signing key. */
export function writeAccessTokenJwt(provider: Provider, token: AccessToken): Promise<string> {
  const { accessTokenJwsAlg: alg, accessTokenProfile: profile } = provider.settings.tokens;
  const key = provider.keys.current().signingKey(alg);
  if (!key) throw new Error(`there is no key for authzStore.accessToken.jwsAlg=${alg}`);
  const core = profile === 'oauth-1.0' ? oauthClaims(token) : c2idClaims(token);
  const claims = token.extra === undefined ? core : { ...token.extra, ...core };
  return provider.signer.sign(key, JSON.stringify(claims), profile === 'c2id-1.0' ? undefined : mediaType);
}

/** Claims of the profiles `c2id-1.0` and `c2id-1.1`. Absent members vanish when the object is written as JSON. */
function c2idClaims(token: AccessToken) {
  return {
    iss: token.iss,
    sub: token.sub,
    act: token.act === undefined ? undefined : { sub: token.act },
    cid: token.cid,
    aud: present(token.aud),
    scp: present(token.scp),
    iat: token.iat,
    exp: token.exp,
    jti: token.jti,
    clm: present(token.clm),
    cll: present(token.cll),
    cld: token.cld,
    uip: token.uip,
    dat: token.dat,
    cnf: token.cnf,
  };
}

/** Claims of the profile `oauth-1.0` (RFC 9068, section 2.2). */
function oauthClaims(token: AccessToken) {
  return {
    iss: token.iss,
    sub: token.sub,
    act: token.act === undefined ? undefined : { sub: token.act },
    client_id: token.cid,
    aud: present(token.aud) ?? token.iss,
    scope: token.scp.length === 0 ? undefined : token.scp.join(' '),
    iat: token.iat,
    exp: token.exp,
    jti: token.jti,
    auth_time: token.auth_time,
    acr: token.acr,
    amr: token.amr,
    clm: present(token.clm),
    cll: present(token.cll),
    cld: token.cld,
    uip: token.uip,
    dat: token.dat,
    cnf: token.cnf,
  };
}

function present(list: readonly string[] | undefined): readonly string[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
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
  if (token?.iss !== provider.issuer) return undefined;
  return provider.clock.now() < token.exp ? token : undefined;
}

/** Explicit typing keeps other JWTs of the server out (RFC 8725, section 3.11). */
function isAccessTokenType(typ: string | undefined, provider: Provider): boolean {
  if (typ === undefined) return provider.settings.tokens.accessTokenProfile !== 'oauth-1.0';
  return typ.toLowerCase() === mediaType;
}

function accessTokenOf(claims: JsonObject): AccessToken | undefined {
  const { iss, sub, cid = claims['client_id'], iat, exp, jti, aud, act } = claims;
  if (typeof iss !== 'string' || typeof sub !== 'string' || typeof cid !== 'string') return undefined;
  if (typeof iat !== 'number' || typeof exp !== 'number' || typeof jti !== 'string') return undefined;
  const scope = claims['scp'] ?? splitWords(typeof claims['scope'] === 'string' ? claims['scope'] : '');
  return {
    iss,
    sub,
    cid,
    iat,
    exp,
    jti,
    gid: grantIdOf(jti),
    scp: isStringArray(scope) ? scope : [],
    ...(typeof aud === 'string' ? { aud: [aud] } : {}),
    ...strings('aud', aud),
    ...(isJsonObject(act) && typeof act['sub'] === 'string' ? { act: act['sub'] } : {}),
    ...strings('clm', claims['clm']),
    ...strings('cll', claims['cll']),
    ...object('cld', claims['cld']),
    ...object('uip', claims['uip']),
    ...object('dat', claims['dat']),
    ...(isJsonObject(claims['cnf']) ? { cnf: claims['cnf'] } : {}),
    ...(typeof claims['auth_time'] === 'number' ? { auth_time: claims['auth_time'] } : {}),
    ...(typeof claims['acr'] === 'string' ? { acr: claims['acr'] } : {}),
    ...strings('amr', claims['amr']),
    ...extraOf(claims),
  };
}

function extraOf(claims: JsonObject): { readonly extra?: JsonObject } {
  const extra = withoutOwn(claims);
  return Object.keys(extra).length === 0 ? {} : { extra };
}

function strings<N extends string>(name: N, value: unknown): { [K in N]?: readonly string[] } | object {
  return isStringArray(value) ? { [name]: value } : {};
}

function object<N extends string>(name: N, value: unknown): { [K in N]?: JsonObject } | object {
  return isJsonObject(value) ? { [name]: value } : {};
}

/**
 * A token identifier within a grant: the ID of the grant, a dot, and 128 random bits. So a signed token leads back to its
 * grant without a lookup, and revoking the grant reaches it.
 */
export function tokenIdWithin(gid: string, provider: Provider): string {
  const random = provider.random.text(16);
  return gid === '' ? random : `${gid}.${random}`;
}

/** The grant that a token identifier belongs to; a token of a client itself is a grant of its own. */
export function grantIdOf(jti: string): string {
  const dot = jti.indexOf('.');
  return dot < 0 ? jti : jti.slice(0, dot);
}
