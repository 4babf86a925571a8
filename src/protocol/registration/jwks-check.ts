import { parsePublicKey } from '../../crypto/signing-key.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Jwk } from '../../domain/jwk.ts';
import type { Check } from './client-member.ts';
import { isArray, isStorable, refuse } from './metadata-check.ts';

export const maxKeys = 20;

/** Bounds of RSA keys, in bits: an attacker's own key must not make a verification dear, nor a weak one make it worthless. */
export const rsaBounds = {
  minBits: 2048,
  maxBits: 8192,
  // FIPS 186-5, appendix A.1.1, has the lower bound; the upper one is that of most implementations.
  minExponent: 65_537n,
  maxExponent: 0xffff_ffffn,
};

/** Members in which a key gives its secret away. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

const knownCurves: ReadonlySet<Json | undefined> = new Set(['P-256', 'P-384', 'P-521', 'secp256k1', 'Ed25519']);

/**
 * A client's JWK set by value (RFC 7517, section 5; RFC 7591, section 2): public keys only, each of a known type well-formed
 * and strong enough; keys of other types are kept and ignored. An empty set could never verify anything.
 */
export const jwkSet: Check = (value, name) => {
  const keys = isJsonObject(value) ? value['keys'] : undefined;
  if (!isArray(keys)) refuse(name, 'expected a JWK set');
  if (keys.length === 0 || keys.length > maxKeys) refuse(name, `expected 1 to ${maxKeys} keys`);
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
  if (kty === 'RSA' && !isBounded(key)) refuseRsa(name);
  const { modulusLength: bits, publicExponent: exponent } = detailsOf(name, {
    kty,
    ...member('crv'),
    ...member('x'),
    ...member('y'),
    ...member('n'),
    ...member('e'),
  });
  if (bits !== undefined && bits > rsaBounds.maxBits) refuseRsa(name);
  if (exponent === undefined) return;
  if (exponent < rsaBounds.minExponent || exponent > rsaBounds.maxExponent || exponent % 2n === 0n) refuseRsa(name);
}

function detailsOf(name: string, jwk: Jwk) {
  try {
    return parsePublicKey(jwk).asymmetricKeyDetails ?? {};
  } catch {
    refuse(name, `a key is malformed or too weak; RSA keys need ${rsaBounds.minBits} bits at least`);
  }
}

/** Before anything is parsed, which costs time by the length. */
function isBounded({ n, e }: JsonObject): boolean {
  const tooLong = (value: Json | undefined, bytes: number) => typeof value === 'string' && value.length > bytes * 2;
  return !tooLong(n, rsaBounds.maxBits / 8) && !tooLong(e, 8);
}

function refuseRsa(name: string): never {
  const { minBits, maxBits, minExponent } = rsaBounds;
  refuse(name, `expected RSA keys of ${minBits} to ${maxBits} bits with an odd exponent of ${minExponent} to 2^32`);
}
