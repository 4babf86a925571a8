import type { AccessToken } from '../../../domain/access-token.ts';
import { noAgreement } from '../../../domain/agreement.ts';
import type { Authorization, RememberedAuthorization, TokenOrder } from '../../../domain/authorization.ts';
import { plainName } from '../../../domain/claim-names.ts';
import type { Confirmation } from '../../../domain/confirmation.ts';
import type { Grant, RefreshState } from '../../../domain/grant.ts';
import { isJsonObject, isStringArray, type JsonObject } from '../../../domain/json.ts';

/**
 * The records of release 0.1 with the short names of the web APIs, written as they are today. Each function throws a
 * `TypeError` for what that release cannot have written.
 */

/** A remembered authorization, which was the grant of all devices as well. */
export interface ConvertedAuthorization {
  readonly remembered: RememberedAuthorization;
  /** Where it had a refresh token. */
  readonly refresh: { readonly grant: Grant; readonly state: RefreshState } | undefined;
}

/** Splits a remembered authorization into what was agreed, and the grant. */
export function convertAuthorization(old: JsonObject): ConvertedAuthorization {
  const authorization = authorizationOf(old);
  const { issuer, subject, actor, clientId, audience } = authorization;
  const remembered = {
    issuer,
    subject,
    actor,
    clientId,
    createdAt: authorization.issuedAt,
    updatedAt: numberOf(old, 'uat'),
    agreed: { scope: listOf(old, 'scs'), claims: plainNames(listOf(old, 'cls')), audience },
    // A refusal was not remembered.
    declined: noAgreement,
    order: orderOf(old),
    orderedClaims: authorization.claims.filter((name) => name.startsWith('access_token:')),
    orderedAudience: audience,
  };
  return { remembered, refresh: authorization.issueRefreshToken ? refreshOf(old, authorization) : undefined };
}

/** An identifier-based access token. */
export function convertAccessToken(old: JsonObject): AccessToken {
  const id = textOf(old, 'jti');
  return {
    issuer: textOf(old, 'iss'),
    subject: textOf(old, 'sub'),
    actor: optionalText(old, 'act'),
    clientId: textOf(old, 'cid'),
    scope: listOf(old, 'scp'),
    audience: listOf(old, 'aud'),
    issuedAt: numberOf(old, 'iat'),
    expiresAt: numberOf(old, 'exp'),
    id,
    grantId: optionalText(old, 'gid') ?? id,
    claims: listOf(old, 'clm'),
    claimsLocales: listOf(old, 'cll'),
    claimsData: objectOf(old, 'cld'),
    presetUserInfo: objectOf(old, 'uip'),
    data: objectOf(old, 'dat'),
    confirmation: confirmationOf(old),
    authTime: optionalNumber(old, 'auth_time'),
    acr: optionalText(old, 'acr'),
    amr: old['amr'] === undefined ? undefined : listOf(old, 'amr'),
    extra: objectOf(old, 'extra'),
  };
}

/** `rtl` counted from `rti`, the issue of the current token; the first order was kept in `rto` once rotation shortened it. */
function refreshOf(old: JsonObject, authorization: Authorization): { grant: Grant; state: RefreshState } {
  const issuedAt = numberOf(old, 'rti');
  const left = numberOf(old, 'rtl');
  return {
    grant: {
      authorization,
      secretDigest: undefined,
      seed: textOf(old, 'rts'),
      refreshExpiresAt: left > 0 ? issuedAt + left : undefined,
    },
    state: { rotations: 0, issuedAt, usedAt: optionalNumber(old, 'rlu') ?? issuedAt },
  };
}

function authorizationOf(old: JsonObject): Authorization {
  return {
    ...orderOf(old),
    grantId: textOf(old, 'gid'),
    issuer: textOf(old, 'iss'),
    subject: textOf(old, 'sub'),
    actor: optionalText(old, 'act'),
    clientId: textOf(old, 'cid'),
    issuedAt: numberOf(old, 'iat'),
    revocationsSeen: 0,
    longLived: true,
    scope: listOf(old, 'scp'),
    claims: listOf(old, 'clm'),
    claimsLocales: listOf(old, 'cll'),
    audience: listOf(old, 'aud'),
    sessionKey: optionalText(old, 'sik'),
    authTime: undefined,
    confirmation: confirmationOf(old),
  };
}

function orderOf(old: JsonObject): TokenOrder {
  return {
    accessTokenEncoding: old['ate'] === 'IDENTIFIER' ? 'IDENTIFIER' : 'SELF_CONTAINED',
    accessTokenLifetime: numberOf(old, 'atl'),
    issueRefreshToken: flagOf(old, 'irt'),
    refreshTokenLifetime: optionalNumber(old, 'rto') ?? numberOf(old, 'rtl'),
    refreshTokenMaxIdle: numberOf(old, 'rtm'),
    rotateRefreshToken: flagOf(old, 'rtr'),
    allowIdTokenRefresh: flagOf(old, 'idr'),
    claimsData: objectOf(old, 'cld'),
    presetUserInfo: objectOf(old, 'uip'),
    data: objectOf(old, 'dat'),
  };
}

function plainNames(names: readonly string[]): readonly string[] {
  return [...new Set(names.map(plainName))];
}

function confirmationOf(old: JsonObject): Confirmation | undefined {
  const confirmation = objectOf(old, 'cnf');
  if (!confirmation) return undefined;
  const [certificate, key] = [optionalText(confirmation, 'x5t#S256'), optionalText(confirmation, 'jkt')];
  return {
    ...(certificate === undefined ? {} : { 'x5t#S256': certificate }),
    ...(key === undefined ? {} : { jkt: key }),
  };
}

function optionalText(old: JsonObject, member: string): string | undefined {
  const value = old[member];
  return value === undefined || typeof value === 'string' ? value : refuse(member);
}

function textOf(old: JsonObject, member: string): string {
  return optionalText(old, member) ?? refuse(member);
}

function optionalNumber(old: JsonObject, member: string): number | undefined {
  const value = old[member];
  return value === undefined || typeof value === 'number' ? value : refuse(member);
}

function numberOf(old: JsonObject, member: string): number {
  return optionalNumber(old, member) ?? refuse(member);
}

function flagOf(old: JsonObject, member: string): boolean {
  const value = old[member];
  return typeof value === 'boolean' ? value : refuse(member);
}

/** A missing list is empty. */
function listOf(old: JsonObject, member: string): readonly string[] {
  const value = old[member] ?? [];
  return isStringArray(value) ? value : refuse(member);
}

function objectOf(old: JsonObject, member: string): JsonObject | undefined {
  const value = old[member];
  return value === undefined || isJsonObject(value) ? value : refuse(member);
}

function refuse(member: string): never {
  throw new TypeError(`Record of release 0.1: the member ${member} is missing or of another type`);
}
