import { isHmacJwsAlg } from '../../crypto/jws-algorithms.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { responseTypes } from '../authorize/response-type.ts';
import { clientAuthMethods } from '../client-auth/client-auth-method.ts';
import type { Provider } from '../context.ts';
import type { Registry } from '../features/kinds.ts';
import { applicationTypeOf } from './application-type.ts';
import { type CheckContext, type ClientMember, clientMembers } from './client-member.ts';
import { asText, isArray, refuse } from './metadata-check.ts';
import { registrationProperties } from './properties.ts';
import type { Registrant } from './registrant.ts';
import { unservedMembers } from './unserved-members.ts';

type Metadata = Record<string, Json>;
type Members = ReadonlyMap<string, ClientMember>;

const languageTag = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/;

/**
 * The metadata to store for a registration or update: each known member checked, defaults filled in, dependencies held
 * (OpenID Connect Dynamic Client Registration, section 2; RFC 7591, sections 2 and 2.1). `null` counts as absent (RFC 7592,
 * section 2.2); unknown members are dropped. `current` is what the client has, at an update.
 *
 * Throws `invalid-client-metadata`, `invalid-redirect-uri`, and `invalid-parameter` for an empty JWK set; the public text
 * names the member and what was expected, and never repeats a value.
 */
export function checkMetadata(
  body: JsonObject,
  provider: Provider,
  registrant: Registrant,
  current: JsonObject = {},
): JsonObject {
  const applicationType = applicationTypeOf(body);
  const ctx: CheckContext = { provider, registrant, applicationType, current };
  const members = provider.registry.of(clientMembers);
  const metadata: Metadata = {};
  for (const name in body) {
    const value = body[name];
    if (value !== null && value !== undefined) checkMember(members, name, value, metadata, ctx);
  }
  if (registrant.kind === 'client') holdPower(members, metadata, ctx);
  fillGrants(metadata, provider.registry);
  for (const { name, defaultValue } of members.values()) {
    const value = name in metadata ? undefined : defaultValue?.(provider, metadata);
    if (value !== undefined) metadata[name] = value;
  }
  checkGrants(metadata, provider.registry);
  for (const { agree } of members.values()) agree?.(metadata, provider);
  checkSize(metadata, provider);
  return metadata;
}

/** Each member has its limit; this is the limit of all together, for every request has its client in memory. */
function checkSize(metadata: JsonObject, { settingsOf }: Provider): void {
  const { metadataMaxSize } = settingsOf(registrationProperties);
  const size = JSON.stringify(metadata).length;
  if (size <= metadataMaxSize) return;
  const text = `The client metadata is too large: expected at most ${metadataMaxSize} characters of JSON in all`;
  const detail = `${text}, received ${size} (${registrationProperties.metadataMaxSize.name})`;
  throw new OAuthError('invalid-client-metadata', detail, text);
}

/** Whether a client with this metadata needs a secret: to authenticate, or as the key of its ID tokens. */
export function needsSecret(metadata: JsonObject, registry: Registry): boolean {
  const method = metadata['token_endpoint_auth_method'];
  if (typeof method === 'string' && registry.of(clientAuthMethods).get(method)?.needsSecret) return true;
  return hmacAlgOf(metadata) !== undefined;
}

/** The HMAC algorithm of the client's ID tokens, if that is what it has chosen. */
export function hmacAlgOf(metadata: JsonObject): string | undefined {
  const alg = metadata['id_token_signed_response_alg'];
  return typeof alg === 'string' && isHmacJwsAlg(alg) ? alg : undefined;
}

function checkMember(members: Members, name: string, value: Json, metadata: Metadata, ctx: CheckContext): void {
  const member = members.get(name) ?? unservedMembers.get(name);
  if (member) {
    metadata[name] = member.check(value, name, ctx);
    return;
  }
  const hash = name.indexOf('#');
  const base = hash < 0 ? undefined : members.get(name.slice(0, hash));
  if (!base?.tagged) return;
  if (!languageTag.test(name.slice(hash + 1))) refuse(base.name, 'expected a BCP 47 language tag after the #');
  metadata[name] = base.check(value, name, ctx);
}

/** Keeps what is left out of the power that the client holds, and refuses what would be more. */
function holdPower(members: Members, metadata: Metadata, { provider, current }: CheckContext): void {
  for (const { name, power } of members.values()) {
    if (!power) continue;
    const held = current[name];
    if (!(name in metadata) && held !== undefined) metadata[name] = held;
    if (name in metadata && !power(metadata[name], held, provider)) {
      const expected = 'may be kept or narrowed, not widened, with a registration access token';
      refuse(name, expected, `more takes a master token (${registrationProperties.apiTokens.name})`);
    }
  }
}

/** Response types and grant types complete each other. */
function fillGrants(metadata: Metadata, registry: Registry): void {
  const { grant_types: grants, response_types: types } = metadata;
  if (isArray(types)) {
    metadata['grant_types'] = grants ?? grantsFor(types, registry);
    return;
  }
  metadata['grant_types'] = grants ?? ['authorization_code'];
  metadata['response_types'] = isArray(grants) && !redirectGrants(grants, registry).length ? [] : ['code'];
}

function grantsFor(types: readonly Json[], registry: Registry): readonly string[] {
  const grants = new Set<string>();
  for (const name of types) {
    const type = typeof name === 'string' ? registry.of(responseTypes).get(name) : undefined;
    if (type) grants.add(type.grantType);
  }
  return [...grants];
}

/** Those of the grants that begin with a redirection, which is what a response type is for. */
function redirectGrants(grants: readonly Json[], registry: Registry): readonly Json[] {
  const types = [...registry.of(responseTypes).values()];
  return grants.filter((grant) => types.some((type) => type.grantType === grant));
}

function checkGrants(metadata: Metadata, registry: Registry): void {
  const grants = listIn(metadata, 'grant_types');
  const types = listIn(metadata, 'response_types');
  for (const grant of grantsFor(types, registry)) {
    if (!grants.includes(grant)) refuse('grant_types', `expected ${grant} among them, for the response_types`);
  }
  if (types.length === 0 && redirectGrants(grants, registry).length > 0) {
    refuse('response_types', 'expected at least one, for the grant_types');
  }
  if (types.length > 0 && listIn(metadata, 'redirect_uris').length === 0) {
    const text = 'redirect_uris: expected at least one URI, for the response_types';
    throw new OAuthError('invalid-redirect-uri', text, text);
  }
}

function listIn(metadata: Metadata, name: string): readonly Json[] {
  const value = metadata[name];
  return isArray(value) ? value : [];
}

/** The requested `client_id`. Throws `invalid-client-metadata` for one that is malformed or not for this registrant. */
export function preferredClientId(body: JsonObject, registrant: Registrant): string | undefined {
  const name = 'preferred_client_id';
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (!registrant.may('client-reg:set-id')) {
    refuse(name, 'may only be set with a master token or the scope client-reg:set-id');
  }
  const id = asText(value, name);
  if (id.length > 80 || !/^[\x21-\x7e]+$/.test(id)) refuse(name, 'expected 1 to 80 visible ASCII characters');
  // As the last segment of registration_client_uri these would lead elsewhere.
  if (id === '.' || id === '..') refuse(name, 'a dot segment is not allowed');
  return id;
}

/** Characters of a secret that is not the key of an algorithm: fewer can be guessed, more are nobody's. */
const secretLength = { min: 16, max: 255 };

/** Characters that a secret needs to be a key of the algorithm (RFC 7518, section 3.2). */
export function minSecretLength(metadata: JsonObject): number {
  const alg = hmacAlgOf(metadata);
  return alg === undefined ? 1 : Number(alg.slice(2)) / 8;
}

/** The requested secret. Throws `invalid-client-metadata` for one that is malformed or not for this registrant. */
export function preferredClientSecret(
  body: JsonObject,
  registrant: Registrant,
  metadata: JsonObject,
): string | undefined {
  const name = 'preferred_client_secret';
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (!registrant.may('client-reg:set-secret')) {
    refuse(name, 'may only be set with a master token or the scope client-reg:set-secret');
  }
  const secret = asText(value, name);
  const min = Math.max(secretLength.min, minSecretLength(metadata));
  if (secret.length < min || secret.length > secretLength.max || !/^[\x20-\x7e]+$/.test(secret)) {
    refuse(name, `expected ${min} to ${secretLength.max} printable ASCII characters`);
  }
  return secret;
}
