import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '../ports/random.ts';
import { decodeBase64Url } from './base64url.ts';
import type { SecretKey, SecretKeys } from './secret-keys.ts';
import { syntheticNonce } from './synthetic-nonce.ts';

const encByKeyLength: Readonly<Record<number, 'A128GCM' | 'A192GCM' | 'A256GCM'>> = {
  16: 'A128GCM',
  24: 'A192GCM',
  32: 'A256GCM',
};

const ciphers = { A128GCM: 'aes-128-gcm', A192GCM: 'aes-192-gcm', A256GCM: 'aes-256-gcm' } as const;

/** Encrypts text as a compact JWE with `alg` `dir` and AES-GCM of the key's length (RFC 7516; 16, 24 or 32 bytes of key). */
export function encryptDirect(plaintext: string, key: Buffer, random: Random): string {
  return encrypt(plaintext, key, headerFor(key, undefined), random.bytes(12));
}

/** Decrypts a compact `dir` JWE that names no key; `undefined` for any other text or key. Never throws. */
export function decryptDirect(jwe: string, key: Buffer): string | undefined {
  return jwe.startsWith(`${headerFor(key, undefined)}.`) ? decrypt(jwe, key) : undefined;
}

/** What a JWE of the server to itself is for, and whose it is: replicated in its header (RFC 7519, section 5.3), and so authenticated. */
export interface SelfBinding {
  /** One word for each use of a key. */
  readonly typ: string;
  /** The issuer. */
  readonly iss: string;
}

/**
 * Encrypts text as a compact `dir` JWE under the current one of the keys; one that has come by rotation is named in the
 * header (`kid`). The same text under the same key and binding gives the same JWE (see {@link syntheticNonce}).
 */
export function encryptToSelf(plaintext: string, keys: SecretKeys, binding: SelfBinding): string {
  const { current } = keys;
  const { bound } = headersOf(current, binding);
  // With the header: a nonce that served under two of them would give the key of the authentication away.
  return encrypt(plaintext, current.bytes, bound, syntheticNonce(current, `jwe ${bound}`, plaintext));
}

/**
 * Decrypts what {@link encryptToSelf} made with one of the keys and the same binding; `undefined` for any other text. A JWE without
 * binding, from before there was one, opens too: its content has to say whose it is. Never throws.
 */
export function decryptFromSelf(jwe: string, keys: SecretKeys, binding: SelfBinding): string | undefined {
  const header = jwe.slice(0, jwe.indexOf('.'));
  // Whatever the header says is compared, not read: there are two for each key, and no other.
  const key = keys.all.find((candidate) => {
    const { bound, former } = headersOf(candidate, binding);
    return header === bound || header === former;
  });
  if (!key) keys.missed();
  return key && decrypt(jwe, key.bytes);
}

interface Headers {
  readonly binding: SelfBinding;
  readonly bound: string;
  /** Before there was a binding. */
  readonly former: string;
}

/** Of the latest binding: a key has one as a rule. */
const headers = new WeakMap<SecretKey, Headers>();

function headersOf(key: SecretKey, binding: SelfBinding): Headers {
  const known = headers.get(key);
  if (known && known.binding.iss === binding.iss && known.binding.typ === binding.typ) return known;
  const kid = key.id === '' ? undefined : key.kid;
  const { typ, iss } = binding;
  const made = { binding, bound: headerFor(key.bytes, kid, { typ, iss }), former: headerFor(key.bytes, kid) };
  headers.set(key, made);
  return made;
}

function headerFor(key: Buffer, kid: string | undefined, binding?: SelfBinding): string {
  return Buffer.from(JSON.stringify({ alg: 'dir', enc: encFor(key), kid, ...binding })).toString('base64url');
}

function encFor(key: Buffer) {
  const enc = encByKeyLength[key.length];
  if (!enc) throw new Error(`a key of ${key.length} bytes fits no AES-GCM`);
  return enc;
}

function encrypt(plaintext: string, key: Buffer, header: string, iv: Buffer): string {
  const cipher = createCipheriv(ciphers[encFor(key)], key, iv).setAAD(Buffer.from(header, 'latin1'));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return `${header}..${iv.toString('base64url')}.${ciphertext.toString('base64url')}.${cipher.getAuthTag().toString('base64url')}`;
}

/** The header has been found to be the key's. */
function decrypt(jwe: string, key: Buffer): string | undefined {
  const [header, encryptedKey, ivPart, ciphertextPart, tagPart, rest] = jwe.split('.', 6);
  if (header === undefined || encryptedKey !== '' || rest !== undefined) return undefined;
  const iv = decodeBase64Url(ivPart ?? '');
  const ciphertext = decodeBase64Url(ciphertextPart ?? '');
  const tag = decodeBase64Url(tagPart ?? '');
  if (iv?.length !== 12 || !ciphertext || tag?.length !== 16) return undefined;
  try {
    const decipher = createDecipheriv(ciphers[encFor(key)], key, iv, { authTagLength: 16 })
      .setAAD(Buffer.from(header, 'latin1'))
      .setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
