import { hash, timingSafeEqual } from 'node:crypto';
import type { Random } from '../ports/random.ts';
import { sha256Bytes } from './digest.ts';

/** Kinds of keyed identifiers. One of a kind is never valid as another. */
export type IdentifierPurpose =
  | 'subject-session'
  | 'authz-session'
  | 'logout-session'
  | 'authorization-code'
  | 'access-token'
  | 'refresh-token';

const purposes: readonly (readonly [IdentifierPurpose, number])[] = [
  ['subject-session', 1],
  ['authz-session', 2],
  ['logout-session', 3],
  ['authorization-code', 4],
  ['access-token', 5],
  ['refresh-token', 6],
];

/** A genuine identifier, taken apart. */
export interface CheckedIdentifier {
  /** The random part, BASE64URL of 16 bytes; worthless without the key of the HMAC. */
  readonly value: string;
  /** Under which a store keeps what the identifier stands for: BASE64URL of the first 16 bytes of SHA-256(value). */
  readonly key: string;
}

/** A fresh identifier with its parts. */
export interface IssuedIdentifier extends CheckedIdentifier {
  /** The form that is given out. */
  readonly identifier: string;
}

/**
 * Random identifiers of 128 bits, authenticated with an HMAC, so that guesses and scans are refused before they reach a
 * store: `BASE64URL(value) "." BASE64URL(mac)`, where the mac is the first half of HMAC-SHA-256 over a purpose tag, the
 * issuer and the value. 45 characters.
 */
export interface KeyedIdentifiers {
  issue(purpose: IdentifierPurpose): IssuedIdentifier;
  /** The parts of a genuine identifier; `undefined` for any other text. Never throws. */
  check(purpose: IdentifierPurpose, text: string): CheckedIdentifier | undefined;
  /** The given-out form for the value part of a genuine identifier. */
  identifierOf(purpose: IdentifierPurpose, value: string): string;
  /** The storage key for the value part of a genuine identifier. */
  keyOf(value: string): string;
  /** A 128-bit secret, BASE64URL, derived from a stored seed, so that the store's content alone does not reveal it. */
  deriveSecret(purpose: IdentifierPurpose, seed: string): string;
}

/** Identifiers of one issuer under the server's `hmac` key (256 bits). */
export function createKeyedIdentifiers(deps: {
  readonly hmacKey: Buffer;
  readonly issuer: string;
  readonly random: Random;
}): KeyedIdentifiers {
  const issuer = Buffer.from(deps.issuer, 'utf8');
  const macs = new Map<IdentifierPurpose, (value: Buffer) => Buffer>();
  for (const [purpose, tag] of purposes)
    macs.set(purpose, createMac(deps.hmacKey, Buffer.concat([Buffer.of(tag), issuer])));

  const mac = (purpose: IdentifierPurpose, value: Buffer): Buffer => {
    const compute = macs.get(purpose);
    if (!compute) throw new Error(`no such purpose: ${purpose}`);
    return compute(value);
  };

  const keyOfBytes = (value: Buffer) => sha256Bytes(value).toString('base64url', 0, 16);

  return {
    issue(purpose) {
      const bytes = deps.random.bytes(16);
      const value = bytes.toString('base64url');
      return {
        identifier: `${value}.${mac(purpose, bytes).toString('base64url')}`,
        value,
        key: keyOfBytes(bytes),
      };
    },
    check(purpose, text) {
      if (text.length !== 45 || text.charCodeAt(22) !== 0x2e) return undefined;
      const bytes = Buffer.from(text.slice(0, 22), 'base64url');
      const presented = Buffer.from(text.slice(23), 'base64url');
      if (bytes.length !== 16 || presented.length !== 16) return undefined;
      if (!timingSafeEqual(presented, mac(purpose, bytes))) return undefined;
      const value = bytes.toString('base64url');
      // Spare bits in the last character would give one identifier several spellings.
      if (!text.startsWith(value) || !text.endsWith(presented.toString('base64url'))) return undefined;
      return { value, key: keyOfBytes(bytes) };
    },
    identifierOf(purpose, value) {
      return `${value}.${mac(purpose, Buffer.from(value, 'base64url')).toString('base64url')}`;
    },
    keyOf: (value) => keyOfBytes(Buffer.from(value, 'base64url')),
    deriveSecret: (purpose, seed) => mac(purpose, Buffer.from(seed, 'utf8')).toString('base64url'),
  };
}

const blockLength = 64;

/**
 * HMAC-SHA-256 over a fixed prefix and a value, cut to 16 bytes, as two one-shot hashes with the padded key laid out
 * beforehand (RFC 2104): half the cost of an Hmac object, and every request makes or checks an identifier.
 */
function createMac(key: Buffer, prefix: Buffer): (value: Buffer) => Buffer {
  const block = Buffer.alloc(blockLength);
  (key.length > blockLength ? sha256Bytes(key) : key).copy(block);
  const inner = Buffer.concat([block.map((byte) => byte ^ 0x36), prefix]);
  const outer = block.map((byte) => byte ^ 0x5c);
  // Laid out once and filled anew for each call: nothing here waits, so nobody else sees them half done.
  const innerInput = Buffer.concat([inner, Buffer.alloc(blockLength)]);
  const outerInput = Buffer.concat([outer, Buffer.alloc(32)]);
  return (value) => {
    const end = inner.length + value.length;
    if (value.length > blockLength) throw new Error('the value is too long for an identifier');
    value.copy(innerInput, inner.length);
    outerInput.write(hash('sha256', innerInput.subarray(0, end), 'binary'), blockLength, 'binary');
    return sha256Bytes(outerInput).subarray(0, 16);
  };
}
