import type { Authorization } from '../../domain/authorization.ts';
import { isJsonObject, isStringArray, type Json, type JsonObject } from '../../domain/json.ts';
import { nonEmpty } from '../../domain/lists.ts';

/** An authorization under the short names of the authorisation object. Absent members vanish when written as JSON. */
export function encodeAuthorization(authorization: Authorization): JsonObject {
  return {
    gid: authorization.grantId,
    iss: authorization.issuer,
    sub: authorization.subject,
    act: authorization.actor,
    cid: authorization.clientId,
    iat: authorization.issuedAt,
    rvs: authorization.revocationsSeen === 0 ? undefined : authorization.revocationsSeen,
    lng: authorization.longLived,
    scp: authorization.scope,
    clm: authorization.claims,
    cll: nonEmpty(authorization.claimsLocales),
    cld: authorization.claimsData,
    uip: authorization.presetUserInfo,
    dat: authorization.data,
    aud: nonEmpty(authorization.audience),
    ate: authorization.accessTokenEncoding,
    atl: authorization.accessTokenLifetime,
    irt: authorization.issueRefreshToken,
    rtl: authorization.refreshTokenLifetime,
    rtm: authorization.refreshTokenMaxIdle,
    rtr: authorization.rotateRefreshToken,
    idr: authorization.allowIdTokenRefresh,
    sik: authorization.sessionKey,
    aut: authorization.authTime,
    cnf: authorization.confirmation && { ...authorization.confirmation },
  };
}

/** Reads what {@link encodeAuthorization} wrote, in this release or an earlier one; members that are missing are empty or off. */
export function decodeAuthorization(object: JsonObject): Authorization {
  return {
    grantId: text(object['gid']) ?? '',
    issuer: text(object['iss']) ?? '',
    subject: text(object['sub']) ?? '',
    actor: text(object['act']),
    clientId: text(object['cid']) ?? '',
    issuedAt: number(object['iat']),
    revocationsSeen: number(object['rvs']),
    longLived: object['lng'] === true,
    scope: texts(object['scp']),
    claims: texts(object['clm']),
    claimsLocales: texts(object['cll']),
    audience: texts(object['aud']),
    accessTokenEncoding: object['ate'] === 'IDENTIFIER' ? 'IDENTIFIER' : 'SELF_CONTAINED',
    accessTokenLifetime: number(object['atl']),
    issueRefreshToken: object['irt'] === true,
    refreshTokenLifetime: number(object['rtl']),
    refreshTokenMaxIdle: number(object['rtm']),
    rotateRefreshToken: object['rtr'] === true,
    allowIdTokenRefresh: object['idr'] === true,
    claimsData: member(object['cld']),
    presetUserInfo: member(object['uip']),
    data: member(object['dat']),
    sessionKey: text(object['sik']),
    authTime: typeof object['aut'] === 'number' ? object['aut'] : undefined,
    confirmation: member(object['cnf']),
  };
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}

function texts(value: Json | undefined): readonly string[] {
  return isStringArray(value) ? value : [];
}

function member(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}
