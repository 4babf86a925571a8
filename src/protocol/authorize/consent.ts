import { type AccessTokenEncoding, type LongLivedAuthorization, longestLifetime } from '../../domain/authorization.ts';
import { accessTokenClaimPrefix } from '../../domain/claim-names.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { parseScope } from '../../domain/scope.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import {
  booleanMember,
  integerMember,
  nonEmptyStringMember,
  objectMember,
  stringsMember,
  wordMember,
} from '../params/members.ts';
import { withoutTag } from './claims-request.ts';

/** What the subject consented to, and the login page's order for the tokens. Lifetimes in seconds; 0: default or none. */
export interface Consent {
  /** May contain `*`: all that was requested. */
  readonly scope: readonly string[];
  /** May contain `*`; without language tags. */
  readonly claims: readonly string[];
  readonly claimsData: JsonObject | undefined;
  readonly presetIdToken: JsonObject | undefined;
  readonly presetUserInfo: JsonObject | undefined;
  readonly audience: readonly string[] | undefined;
  readonly longLived: boolean;
  readonly impersonatedSub: string | undefined;
  readonly idToken: {
    readonly issue: boolean;
    readonly lifetime: number;
    readonly impersonatedSub: string | undefined;
    readonly allowRefresh: boolean;
  };
  readonly accessToken: { readonly encoding: AccessTokenEncoding; readonly lifetime: number };
  /** `undefined` members: the server's defaults. */
  readonly refreshToken: {
    readonly issue: boolean;
    readonly lifetime: number | undefined;
    readonly maxIdle: number;
    readonly rotate: boolean | undefined;
  };
  readonly data: JsonObject | undefined;
  readonly responseParams: Readonly<Record<string, string>>;
}

/** Response parameters that belong to the protocol. */
const reservedResponseParams = new Set([
  'code',
  'access_token',
  'token_type',
  'expires_in',
  'scope',
  'id_token',
  'state',
  'iss',
  'session_state',
  'response',
  'error',
  'error_description',
  'error_uri',
]);

/** Reads a consent object of the web API. Every member is optional. Throws `invalid-parameter`. */
export function readConsent(body: JsonObject): Consent {
  const idToken = objectMember(body, 'id_token') ?? {};
  const accessToken = objectMember(body, 'access_token') ?? {};
  const refreshToken = objectMember(body, 'refresh_token') ?? {};
  const preset = objectMember(body, 'preset_claims') ?? {};
  refuseUnsupported(accessToken);
  return {
    scope: consentedScope(body),
    claims: (stringsMember(body, 'claims') ?? []).map(withoutTag),
    claimsData: objectMember(body, 'claims_data'),
    presetIdToken: nonEmpty(objectMember(preset, 'id_token')),
    presetUserInfo: nonEmpty(objectMember(preset, 'userinfo')),
    audience: stringsMember(body, 'audience') ?? stringsMember(accessToken, 'audience'),
    longLived: booleanMember(body, 'long_lived') ?? true,
    impersonatedSub: nonEmptyStringMember(body, 'impersonated_sub', 255),
    idToken: {
      issue: booleanMember(idToken, 'issue') ?? true,
      lifetime: lifetime(idToken, 'lifetime') ?? 0,
      impersonatedSub: nonEmptyStringMember(idToken, 'impersonated_sub', 255),
      allowRefresh: booleanMember(idToken, 'allow_refresh') ?? false,
    },
    accessToken: {
      encoding: wordMember(accessToken, 'encoding', ['SELF_CONTAINED', 'IDENTIFIER']) ?? 'SELF_CONTAINED',
      lifetime: lifetime(accessToken, 'lifetime') ?? 0,
    },
    refreshToken: {
      issue: booleanMember(refreshToken, 'issue') ?? true,
      lifetime: lifetime(refreshToken, 'lifetime'),
      maxIdle: lifetime(refreshToken, 'max_idle') ?? 0,
      rotate: booleanMember(refreshToken, 'rotate'),
    },
    data: nonEmpty(objectMember(body, 'data')),
    responseParams: responseParams(body),
  };
}

function lifetime(body: JsonObject, name: string): number | undefined {
  return integerMember(body, name, { min: 0, max: longestLifetime });
}

function consentedScope(body: JsonObject): readonly string[] {
  const scope = stringsMember(body, 'scope') ?? [];
  const values = parseScope(scope.join(' '));
  if (!values || scope.some((value) => value === '' || value.includes(' '))) {
    throw new OAuthError('invalid-parameter', 'member scope has illegal characters', 'Invalid scope');
  }
  return values;
}

/** Encrypted and pairwise tokens are an order that must not be ignored. */
function refuseUnsupported(accessToken: JsonObject): void {
  if (booleanMember(accessToken, 'encrypt') === true) {
    throw new OAuthError('invalid-parameter', 'access_token.encrypt', 'access_token.encrypt is not supported');
  }
  if (wordMember(accessToken, 'sub_type', ['PUBLIC', 'PAIRWISE']) === 'PAIRWISE') {
    throw new OAuthError(
      'invalid-parameter',
      'access_token.sub_type',
      'access_token.sub_type PAIRWISE is not supported',
    );
  }
}

function responseParams(body: JsonObject): Readonly<Record<string, string>> {
  const params = objectMember(body, 'response_params') ?? {};
  const entries: [string, string][] = [];
  for (const [name, value] of Object.entries(params)) {
    if (typeof value !== 'string' || name === '' || reservedResponseParams.has(name)) {
      throw new OAuthError('invalid-parameter', `response_params: ${name.slice(0, 80)}`, 'Invalid response_params');
    }
    entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}

function nonEmpty(object: JsonObject | undefined): JsonObject | undefined {
  return object && Object.keys(object).length > 0 ? object : undefined;
}

/** The consent that a remembered authorisation stands for, when the subject need not be asked again. */
export function rememberedConsent(record: LongLivedAuthorization): Consent {
  return {
    scope: ['*'],
    // What the login page has ordered into access tokens is no part of a request, so it is carried on here.
    claims: ['*', ...record.clm.filter((name) => name.startsWith(accessTokenClaimPrefix))],
    claimsData: record.cld,
    presetIdToken: undefined,
    presetUserInfo: record.uip,
    audience: record.aud,
    longLived: true,
    impersonatedSub: undefined,
    idToken: { issue: true, lifetime: 0, impersonatedSub: undefined, allowRefresh: record.idr },
    accessToken: { encoding: record.ate, lifetime: record.atl },
    // A login starts the ordered lifetime anew, however little of it was left.
    refreshToken: { issue: record.irt, lifetime: record.rto ?? record.rtl, maxIdle: record.rtm, rotate: record.rtr },
    data: record.dat,
    responseParams: {},
  };
}

/** True for an object of the web API that is a subject authentication rather than a consent. */
export function isSubjectAuthentication(body: unknown): body is JsonObject {
  return isJsonObject(body) && 'sub' in body;
}
