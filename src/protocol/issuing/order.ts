import { type AccessTokenEncoding, longestLifetime, type TokenOrder } from '../../domain/authorization.ts';
import type { JsonObject } from '../../domain/json.ts';
import { maxSubjectLength } from '../../domain/subject.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { Provider } from '../context.ts';
import {
  booleanMember,
  integerMember,
  nonEmptyStringMember,
  objectMember,
  stringsMember,
  wordMember,
} from '../params/members.ts';
import { tokensProperties } from './properties.ts';

/** What a login page, a hook or a policy wants to be issued. Lifetimes in seconds; 0: default or none. */
export interface Order {
  readonly claimsData: JsonObject | undefined;
  readonly presetIdToken: JsonObject | undefined;
  readonly presetUserInfo: JsonObject | undefined;
  readonly audience: readonly string[] | undefined;
  readonly longLived: boolean;
  readonly impersonatedSubject: string | undefined;
  readonly idToken: {
    readonly issue: boolean;
    readonly lifetime: number;
    readonly impersonatedSubject: string | undefined;
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
}

/** Reads the order in an object of the web APIs. Every member is optional. Throws `invalid-parameter`. */
export function readOrder(body: JsonObject): Order {
  const idToken = objectMember(body, 'id_token') ?? {};
  const accessToken = objectMember(body, 'access_token') ?? {};
  const refreshToken = objectMember(body, 'refresh_token') ?? {};
  const preset = objectMember(body, 'preset_claims') ?? {};
  refuseUnsupported(accessToken);
  return {
    claimsData: objectMember(body, 'claims_data'),
    presetIdToken: nonEmpty(objectMember(preset, 'id_token')),
    presetUserInfo: nonEmpty(objectMember(preset, 'userinfo')),
    audience: stringsMember(body, 'audience') ?? stringsMember(accessToken, 'audience'),
    longLived: booleanMember(body, 'long_lived') ?? true,
    impersonatedSubject: nonEmptyStringMember(body, 'impersonated_sub', maxSubjectLength),
    idToken: {
      issue: booleanMember(idToken, 'issue') ?? true,
      lifetime: lifetime(idToken, 'lifetime') ?? 0,
      impersonatedSubject: nonEmptyStringMember(idToken, 'impersonated_sub', maxSubjectLength),
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
  };
}

/** The order for the tokens, with the server's defaults filled in. */
export function tokenOrder({ settingsOf }: Provider, order: Order): TokenOrder {
  const { accessToken, refreshToken, idToken } = order;
  return {
    accessTokenEncoding: accessToken.encoding,
    accessTokenLifetime: accessToken.lifetime,
    issueRefreshToken: refreshToken.issue,
    refreshTokenLifetime: refreshToken.lifetime ?? settingsOf(tokensProperties).refreshTokenLifetime,
    refreshTokenMaxIdle: refreshToken.maxIdle,
    rotateRefreshToken: refreshToken.rotate ?? settingsOf(tokensProperties).refreshTokenRotate,
    allowIdTokenRefresh: idToken.allowRefresh,
    claimsData: order.claimsData,
    presetUserInfo: order.presetUserInfo,
    data: order.data,
  };
}

function lifetime(body: JsonObject, name: string): number | undefined {
  return integerMember(body, name, { min: 0, max: longestLifetime });
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

function nonEmpty(object: JsonObject | undefined): JsonObject | undefined {
  return object && Object.keys(object).length > 0 ? object : undefined;
}
