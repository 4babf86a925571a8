import { hash, timingSafeEqual } from 'node:crypto';
import type { Random } from '../ports/random.ts';
import { sha256Bytes } from './digest.ts';
import type { SecretKey, SecretKeys } from './secret-keys.ts';

/** The byte in front of what is authenticated, by kind of identifier: one of a kind is never valid as another. */
const purposeTags = {
  'subject-session': 1,
  'authz-session': 2,
  'logout-session': 3,
  'authorization-code': 4,
  'access-token': 5,
  'refresh-token': 6,
} as const;

/** Kinds of keyed identifiers. */
export type IdentifierPurpose = keyof typeof purposeTags;

/** A genuine identifier, taken apart. */
export interface CheckedIdentifier {
  /** The random part, BASE64URL of 16 bytes, or of 32 where it was renewed; worthless without the key of the HMAC. */
  readonly value: string;
  /**
   * Under which a store keeps what the identifier stands for: BASE64URL of the first 16 bytes of SHA-256(the first 16 bytes of
   * the value). It stays when an identifier is renewed.
   */
  readonly key: string;
}

/** A fresh identifier with its parts. */
export interface IssuedIdentifier extends CheckedIdentifier {
  /** The form that is given out. */
  readonly identifier: string;
}

/**
 * Random identifiers of 128 bits, authenticated with an HMAC, so that guesses and scans are refused before they reach a
 * store: `BASE64URL(value) "." BASE64URL(mac)`, where the mac is the first half of HMAC-SHA-256 over a purpose tag, the length of
 * the issuer (4 bytes, the highest first), the issuer and the value, so that no two of these read like two others. 45 characters.
 * Under a key that has come by rotation, `"." id` follows, the 4 characters that name the key: 50 characters. A renewed one has a
 * value of 32 bytes, and 21 characters more. An identifier is genuine under any key that the server has, also one that is not used
 * any more; and, with a value of 16 bytes, with a mac without the length, as it was before: no issuer begins like a length, and what
 * is authenticated ends with the value in both, so that accepting both lets nothing through that was not issued here.
 */
export interface KeyedIdentifiers {
  issue(purpose: IdentifierPurpose): IssuedIdentifier;
  /** The parts of a genuine identifier; `undefined` for any other text. Never throws. */
  check(purpose: IdentifierPurpose, text: string): CheckedIdentifier | undefined;
  /**
   * Another identifier for what the value stands for: its first 16 bytes with 16 new ones. Which of them is good is for whoever
   * keeps it to say; all are genuine.
   */
  renew(purpose: IdentifierPurpose, value: string): IssuedIdentifier;
  /** The given-out form for the value part of a genuine identifier, under the current key. */
  identifierOf(purpose: IdentifierPurpose, value: string): string;
  /** The storage key for the value part of a genuine identifier. */
  keyOf(value: string): string;
  /**
   * The 128-bit secrets, BASE64URL, derived from a stored seed under each key, the current one first, as release 0.1.0 derived
   * them: without the length of the issuer. Seeds are not made any more.
   */
  deriveSecrets(purpose: IdentifierPurpose, seed: string): readonly string[];
}

/** One key made ready for all purposes. */
interface ReadyMacs {
  /** What follows the mac: nothing, or a dot and the ID of the key. */
  readonly suffix: string;
  mac(purpose: IdentifierPurpose, value: Buffer): Buffer;
  /** Without the length of the issuer. */
  formerMac(purpose: IdentifierPurpose, value: Buffer): Buffer;
}

interface ReadyRing {
  readonly of: SecretKeys;
  readonly current: ReadyMacs;
  readonly all: readonly ReadyMacs[];
  readonly byId: ReadonlyMap<string, ReadyMacs>;
}

/** Bytes of a mac, and of a value that was not renewed. */
const partBytes = 16;
/** Characters of these: of a mac, and of the value of an identifier that was never renewed. */
export const partLength = 22;
const renewedLength = 43;
/** Characters of a dot and the ID of a key. */
const suffixLength = 5;
const dot = 0x2e;

/** Identifiers of one issuer under the server's keys `hmac` (256 bits each), which `keys` answers as they are now. */
export function createKeyedIdentifiers(deps: {
  readonly keys: () => SecretKeys;
  readonly issuer: string;
  readonly random: Random;
}): KeyedIdentifiers {
  const issuer = Buffer.from(deps.issuer, 'utf8');
  let ring = readyRing(deps.keys(), issuer);
  const ready = (): ReadyRing => {
    const keys = deps.keys();
    if (keys !== ring.of) ring = readyRing(keys, issuer);
    return ring;
  };
  /** The key that a text of this length and shape names behind its first `end` characters, if the server has it. */
  const keyNamedBy = (text: string, end: number): ReadyMacs | undefined => {
    if (text.length === end) return ready().byId.get('');
    if (text.length !== end + suffixLength || text.charCodeAt(end) !== dot) return undefined;
    const key = ready().byId.get(text.slice(end + 1));
    if (!key) ring.of.missed();
    return key;
  };
  const identifierOf = ({ mac, suffix }: ReadyMacs, purpose: IdentifierPurpose, bytes: Buffer, value: string) =>
    `${value}.${mac(purpose, bytes).toString('base64url')}${suffix}`;
  const issued = (purpose: IdentifierPurpose, bytes: Buffer): IssuedIdentifier => {
    const value = bytes.toString('base64url');
    return { identifier: identifierOf(ready().current, purpose, bytes, value), value, key: keyOfBytes(bytes) };
  };

  return {
    issue: (purpose) => issued(purpose, deps.random.bytes(partBytes)),
    renew(purpose, value) {
      const kept = Buffer.from(value, 'base64url').subarray(0, partBytes);
      return issued(purpose, Buffer.concat([kept, deps.random.bytes(partBytes)]));
    },
    check(purpose, text) {
      const length = text.charCodeAt(partLength) === dot ? partLength : renewedLength;
      if (text.charCodeAt(length) !== dot) return undefined;
      const end = length + 1 + partLength;
      const key = keyNamedBy(text, end);
      if (!key) return undefined;
      const bytes = Buffer.from(text.slice(0, length), 'base64url');
      const presented = Buffer.from(text.slice(length + 1, end), 'base64url');
      const renewed = length !== partLength;
      if (bytes.length !== (renewed ? 2 * partBytes : partBytes) || presented.length !== partBytes) return undefined;
      if (!timingSafeEqual(presented, key.mac(purpose, bytes))) {
        // There were no renewed ones then.
        if (renewed || !timingSafeEqual(presented, key.formerMac(purpose, bytes))) return undefined;
      }
      const value = bytes.toString('base64url');
      // Spare bits in the last character would give one identifier several spellings.
      if (!text.startsWith(value) || !text.startsWith(presented.toString('base64url'), length + 1)) return undefined;
      return { value, key: keyOfBytes(bytes) };
    },
    identifierOf: (purpose, value) => identifierOf(ready().current, purpose, Buffer.from(value, 'base64url'), value),
    keyOf: (value) => keyOfBytes(Buffer.from(value, 'base64url')),
    deriveSecrets(purpose, seed) {
      const bytes = Buffer.from(seed, 'utf8');
      return ready().all.map(({ formerMac }) => formerMac(purpose, bytes).toString('base64url'));
    },
  };
}

function keyOfBytes(value: Buffer): string {
  return sha256Bytes(value.length === partBytes ? value : value.subarray(0, partBytes)).toString('base64url', 0, 16);
}

function readyRing(keys: SecretKeys, issuer: Buffer): ReadyRing {
  const byId = new Map(keys.all.map((key) => [key.id, readyMacs(key, issuer)]));
  const all = [...byId.values()];
  const [current] = all;
  if (!current) throw new Error('there is no key for identifiers');
  return { of: keys, current, all, byId };
}

function readyMacs({ id, bytes }: SecretKey, issuer: Buffer): ReadyMacs {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(issuer.length);
  return {
    suffix: id === '' ? '' : `.${id}`,
    mac: macsByPurpose(bytes, Buffer.concat([length, issuer])),
    formerMac: macsByPurpose(bytes, issuer),
  };
}

/** The MAC over the tag of a purpose, what is common to all, and a value. */
function macsByPurpose(key: Buffer, common: Buffer): ReadyMacs['mac'] {
  const macs = Object.values(purposeTags).reduce<((value: Buffer) => Buffer)[]>((byTag, tag) => {
    byTag[tag] = createMac(key, Buffer.concat([Buffer.of(tag), common]));
    return byTag;
  }, []);
  return (purpose, value) => {
    const compute = macs[purposeTags[purpose]];
    if (!compute) throw new Error(`no such purpose: ${purpose}`);
    return compute(value);
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
