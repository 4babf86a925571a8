import { isControlClaim, isTechnicalClaim, plainName } from '../../domain/claim-names.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { parseJson } from '../params/json-body.ts';

export const maxClaimsMembers = 200;

/** The `claims` parameter (OpenID Connect Core, section 5.5), taken apart. */
export interface ClaimsRequest {
  /** As it came, for those who are shown it. */
  readonly raw: JsonObject;
  /** Names asked for at UserInfo and in the ID token, without language tags, and which of all are essential. */
  readonly userinfo: readonly string[];
  readonly idToken: readonly string[];
  readonly essential: ReadonlySet<string>;
  /** The only subject that will do (`id_token.sub.value`). */
  readonly sub: string | undefined;
  /** Requested authentication context classes (`id_token.acr`). */
  readonly acr: { readonly values: readonly string[]; readonly essential: boolean } | undefined;
  readonly authTime: boolean;
}

/** Parses the `claims` parameter. Throws `invalid-parameter`. */
export function parseClaimsRequest(text: string): ClaimsRequest {
  let raw: unknown;
  try {
    raw = parseJson(text);
  } catch (error) {
    throw invalid(error instanceof OAuthError ? error.detail : 'not JSON');
  }
  if (!isJsonObject(raw)) throw invalid('expected a JSON object');
  return readClaimsRequest(raw);
}

/** Takes a `claims` object apart. Throws `invalid-parameter`. */
export function readClaimsRequest(raw: JsonObject): ClaimsRequest {
  const userinfo = section(raw, 'userinfo');
  const idToken = section(raw, 'id_token');
  const essential = new Set<string>();
  for (const requested of [userinfo, idToken]) {
    for (const [name, order] of Object.entries(requested)) {
      if (isJsonObject(order) && order['essential'] === true) essential.add(plainName(name));
    }
  }
  const sub = isJsonObject(idToken['sub']) ? idToken['sub']['value'] : undefined;
  if (sub !== undefined && typeof sub !== 'string') throw invalid('the value of sub must be a string');
  return {
    raw,
    userinfo: consentNames(userinfo),
    idToken: consentNames(idToken),
    essential,
    sub,
    acr: acrRequest(idToken['acr']),
    authTime: 'auth_time' in idToken,
  };
}

function section(raw: JsonObject, name: string): JsonObject {
  const value = raw[name];
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw invalid(`${name} must be an object`);
  if (Object.keys(value).length > maxClaimsMembers) throw invalid(`${name} has more than ${maxClaimsMembers} members`);
  for (const order of Object.values(value)) {
    if (order !== null && !isJsonObject(order)) throw invalid(`a member of ${name} is neither null nor an object`);
  }
  return value;
}

function consentNames(requested: JsonObject): readonly string[] {
  const names = Object.keys(requested).map(plainName);
  if (names.some(isControlClaim)) throw invalid('a name is a control word of the login page, such as * or id_token:');
  return [...new Set(names)].filter((name) => name !== 'verified_claims' && !isTechnicalClaim(name));
}

function acrRequest(order: Json | undefined): ClaimsRequest['acr'] {
  if (!isJsonObject(order)) return undefined;
  const { value, values, essential } = order;
  const list = [...(value === undefined ? [] : [value]), ...(Array.isArray(values) ? values : [])];
  if (!list.every((item): item is string => typeof item === 'string')) throw invalid('acr values must be strings');
  return list.length === 0 ? undefined : { values: list, essential: essential === true };
}

function invalid(detail: string): OAuthError {
  return new OAuthError('invalid-parameter', `claims: ${detail}`, 'Invalid claims parameter');
}
