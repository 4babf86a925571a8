import type { Jwk } from '../domain/jwk.ts';
import { decodeBase64Url } from './base64url.ts';

/** Reserved names of the symmetric keys (256 bits each). */
export const symmetricKids = ['hmac', 'subject-encrypt', 'refresh-token-encrypt'] as const;

/** A reserved name. */
export type SecretName = (typeof symmetricKids)[number];

/** A symmetric key. The first of a name has the name as its `kid` and an empty `id`; later ones are `name.id`. */
export interface SecretKey {
  readonly kid: string;
  /** By which what was made with the key says so: empty, or BASE64URL of 3 bytes. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** All symmetric keys of one name: what is new is made with the current one, what any of them made is read. */
export interface SecretKeys {
  readonly current: SecretKey;
  /** The current one first. */
  readonly all: readonly SecretKey[];
  /** The key with this ID. */
  find(id: string): SecretKey | undefined;
  /**
   * To be told when something names a key that is not among these: another process may have made it a moment ago, so that the
   * keys are read anew in the background. Cheap and bounded, for anybody can write a name.
   */
  missed(): void;
}

/** The reserved name that a `kid` belongs to, if it does. */
export function secretNameOf(kid: string): SecretName | undefined {
  return symmetricKids.find((name) => kid === name || kid.startsWith(`${name}.`));
}

/** Parses a symmetric key. Throws an `Error` naming the `kid` when it is malformed or has too few bits for its name. */
export function parseSecretKey(jwk: Jwk, kid: string): SecretKey {
  const bytes = jwk.k === undefined ? undefined : decodeBase64Url(jwk.k);
  if (!bytes || bytes.length < 16) throw new Error(`the symmetric key ${kid} is malformed or shorter than 128 bits`);
  const name = secretNameOf(kid);
  if (name === undefined) return { kid, id: '', bytes };
  if (bytes.length < 32) throw new Error(`the symmetric key ${kid} must have at least 256 bits`);
  if (name === 'refresh-token-encrypt' && bytes.length !== 32)
    throw new Error(`the symmetric key ${kid} must have 256 bits`);
  const id = kid.slice(name.length + 1);
  if (kid !== name && !/^[A-Za-z0-9_-]{4}$/.test(id)) {
    throw new Error(`the symmetric key ${kid} must be named ${name}, or ${name}. and 4 characters of BASE64URL`);
  }
  return { kid, id, bytes };
}

/** The keys of one name, the current one first. Throws an `Error` when there is none. */
export function secretKeysOf(name: SecretName, keys: readonly SecretKey[], missed: () => void = () => {}): SecretKeys {
  const [current] = keys;
  if (!current) throw new Error(`the key set lacks the symmetric key ${name}`);
  const byId = new Map(keys.map((key) => [key.id, key]));
  return { current, all: keys, find: (id) => byId.get(id), missed };
}
