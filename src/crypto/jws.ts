import { createHmac, timingSafeEqual } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import { decodeBase64Url } from './base64url.ts';
import type { HmacJwsAlg } from './jws-algorithms.ts';
import type { VerificationKey } from './signing-key.ts';

/** A JWS in compact serialisation, taken apart but not verified. */
export interface ParsedJws {
  readonly header: JsonObject;
  readonly alg: string;
  readonly kid: string | undefined;
  readonly typ: string | undefined;
  readonly claims: JsonObject;
  readonly signingInput: string;
  readonly signature: Buffer;
}

/** Characters of the header of a JWT that is looked at. */
export const maxJwsHeader = 10_000;

/** Takes a JWT apart; `undefined` for any text that is not one. Never throws. Nothing in it may be believed yet. */
export function parseJws(jwt: string): ParsedJws | undefined {
  const first = jwt.indexOf('.');
  const second = jwt.indexOf('.', first + 1);
  if (first <= 0 || second < 0 || jwt.indexOf('.', second + 1) >= 0) return undefined;
  if (first > maxJwsHeader) return undefined;
  const header = jsonOf(jwt.slice(0, first));
  const claims = jsonOf(jwt.slice(first + 1, second));
  const signature = decodeBase64Url(jwt.slice(second + 1));
  if (!header || !claims || !signature || typeof header['alg'] !== 'string') return undefined;
  // An extension that must be understood is not (RFC 7515, section 4.1.11).
  if (header['crit'] !== undefined) return undefined;
  return {
    header,
    alg: header['alg'],
    kid: typeof header['kid'] === 'string' ? header['kid'] : undefined,
    typ: typeof header['typ'] === 'string' ? header['typ'] : undefined,
    claims,
    signingInput: jwt.slice(0, second),
    signature,
  };
}

/** Verifies the signature. The algorithm is the key's, never the token's: they must agree beforehand or this is false. */
export function verifyJws(jws: ParsedJws, key: VerificationKey): boolean {
  return jws.alg === key.alg && key.verify(Buffer.from(jws.signingInput, 'latin1'), jws.signature);
}

/** Verifies the HMAC of a JWS under the octets of a secret. */
export function verifyHmacJws(jws: ParsedJws, alg: HmacJwsAlg, secret: string): boolean {
  if (jws.alg !== alg) return false;
  const mac = createHmac(`sha${alg.slice(2)}`, secret)
    .update(jws.signingInput)
    .digest();
  return mac.length === jws.signature.length && timingSafeEqual(mac, jws.signature);
}

function jsonOf(part: string): JsonObject | undefined {
  const bytes = decodeBase64Url(part);
  if (!bytes) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
