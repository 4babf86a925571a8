import { parsePublicKey } from '../../crypto/signing-key.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { Check } from './client-member.ts';
import { isArray, isStorable, refuse } from './metadata-check.ts';

export const maxKeys = 50;

/** Members in which a key gives its secret away. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

const knownCurves: ReadonlySet<Json | undefined> = new Set(['P-256', 'P-384', 'P-521', 'secp256k1', 'Ed25519']);

/**
 * A client's JWK set by value (RFC 7517, section 5; RFC 7591, section 2): public keys only, each of a known type well-formed
 * and strong enough; keys of other types are kept and ignored. An empty set is
 * `invalid-parameter` (code `invalid_request`), as the reference of the resource has it.
 */
export const jwkSet: Check = (value, name) => {
  const keys = isJsonObject(value) ? value['keys'] : undefined;
  if (!isArray(keys)) refuse(name, 'expected a JWK set');
  if (keys.length === 0) throw new OAuthError('invalid-parameter', 'empty jwks', `${name}: the JWK set is empty`);
  if (keys.length > maxKeys) refuse(name, `expected at most ${maxKeys} keys`);
  if (!isStorable(value)) refuse(name, 'NUL and unpaired surrogates are not allowed');
  for (const key of keys) {
    if (!isJsonObject(key) || typeof key['kty'] !== 'string') refuse(name, 'expected a JWK with kty in each place');
    if (privateMembers.some((member) => member in key)) refuse(name, 'private and symmetric keys are not accepted');
    if (isKnownType(key)) checkKey(key, key['kty'], name);
  }
  return value;
};

function isKnownType(key: JsonObject): boolean {
  return key['kty'] === 'RSA' || ((key['kty'] === 'EC' || key['kty'] === 'OKP') && knownCurves.has(key['crv']));
}

function checkKey(key: JsonObject, kty: string, name: string): void {
  const member = (of: string) => {
    const value = key[of];
    return typeof value === 'string' ? { [of]: value } : {};
  };
  try {
    parsePublicKey({ kty, ...member('crv'), ...member('x'), ...member('y'), ...member('n'), ...member('e') });
  } catch {
    refuse(name, 'a key is malformed or too weak; RSA keys need 2048 bits at least');
  }
}
