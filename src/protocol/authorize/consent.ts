import { plainName } from '../../domain/claim-names.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { parseScope } from '../../domain/scope.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { type Order, readOrder } from '../issuing/order.ts';
import { objectMember, stringsMember } from '../params/members.ts';

/** What the subject consented to, and the login page's order for the tokens. */
export interface Consent extends Order {
  /** Without `*`. May name what was not requested. */
  readonly scope: readonly string[];
  /** All that was asked for as well. */
  readonly allScope: boolean;
  /** Without `*` and language tags; with the prefixes that say where a claim goes. */
  readonly claims: readonly string[];
  /** All that was asked for as well. */
  readonly allClaims: boolean;
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

/** The word with which the login page consents to all that was asked for. It exists in this web API alone. */
const everything = '*';

/** Reads a consent object of the web API. Every member is optional. Throws `invalid-parameter`. */
export function readConsent(body: JsonObject): Consent {
  const scope = consentedScope(body);
  const claims = (stringsMember(body, 'claims') ?? []).map(plainName);
  return {
    ...readOrder(body),
    scope: scope.filter((value) => value !== everything),
    allScope: scope.includes(everything),
    claims: [...new Set(claims.filter((name) => name !== everything))],
    allClaims: claims.includes(everything),
    responseParams: responseParams(body),
  };
}

function consentedScope(body: JsonObject): readonly string[] {
  const scope = stringsMember(body, 'scope') ?? [];
  const values = parseScope(scope.join(' '));
  if (!values || scope.some((value) => value === '' || value.includes(' '))) {
    throw new OAuthError('invalid-parameter', 'member scope has illegal characters', 'Invalid scope');
  }
  return values;
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

/** True for an object of the web API that is a subject authentication rather than a consent. */
export function isSubjectAuthentication(body: unknown): body is JsonObject {
  return isJsonObject(body) && 'sub' in body;
}
