import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { Jwk } from '../domain/jwk.ts';
import type { Random } from '../ports/random.ts';
import { decodeBase64Url } from './base64url.ts';
import { decryptDirect, encryptDirect } from './jwe.ts';
import type { ManagedKey } from './key-schedule.ts';
import { proveKeyPair, publicPart } from './signing-key.ts';

/** Keys by context, as they are stored. */
export type KeysByContext = ReadonlyMap<string, readonly ManagedKey[]>;

/** A stored key set that was read. */
export interface OpenedDocument {
  readonly contexts: KeysByContext;
  /** False for the form of the first release, which is authenticated in part only. */
  readonly authenticated: boolean;
}

/** A stored key set that must not be used; the message is for the operator. */
export class KeySetRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KeySetRefused';
  }
}

/** Writes and reads the stored form of the server's keys. */
export interface KeyDocuments {
  /** The stored form: public parts and times in clear, each secret part a JWE, the whole under an HMAC, for this version of the row. */
  write(contexts: KeysByContext, version: number): JsonObject;
  /** Reads the stored form in the row of this version. Throws `KeySetRefused`. */
  read(document: JsonObject, version: number): OpenedDocument;
}

/** The context of the keys in the form of the first release. */
export const firstContext = 'op';

const format = 2;
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'] as const;
const wrongKey = 'the stored keys do not open with keyStore.encJWK: was it changed since they were stored?';
const tampered =
  'the stored key set is not what the server wrote under keyStore.encJWK: somebody or something else has changed its row in jwks, which must not be trusted. Restore it from a backup, and find out who can write to the database.';

/** Documents of one tenant under the key of `keyStore.encJWK`, from which one key for the secret parts and one for the HMAC are derived. */
export function createKeyDocuments(encryptionKey: Buffer, tid: string, random: Random): KeyDocuments {
  const derive = (use: string, length: number) => Buffer.from(hkdfSync('sha256', encryptionKey, '', use, length));
  // Not encJWK itself: a secret part of this form must be worth nothing in a document of the form before it.
  const secretKey = derive('tessera secret parts of keys', 16);
  const macKey = derive('tessera key set', 32);
  const macOf = (body: JsonObject) => createHmac('sha256', macKey).update(canonical(body)).digest();

  const write: KeyDocuments['write'] = (contexts, version) => {
    const stored = [...contexts].map(([name, keys]) => [name, keys.map((key) => storedKey(key, secretKey, random))]);
    const body = { format, tid, version, contexts: Object.fromEntries(stored) };
    return { ...body, mac: macOf(body).toString('base64url') };
  };
  const read: KeyDocuments['read'] = (document, version) => {
    if (document['format'] === undefined)
      return { contexts: readFirstForm(document, encryptionKey), authenticated: false };
    if (document['format'] !== format) {
      throw new KeySetRefused('the stored key set has a form that this release does not know: a later one wrote it');
    }
    const { mac, ...body } = document;
    const presented = decodeBase64Url(typeof mac === 'string' ? mac : '');
    const contexts = isJsonObject(body['contexts']) ? body['contexts'] : undefined;
    if (presented?.length !== 32 || !contexts) throw new KeySetRefused(tampered);
    if (!timingSafeEqual(presented, macOf(body))) {
      throw new KeySetRefused(opensAny(contexts, secretKey) ? tampered : wrongKey);
    }
    if (body['version'] !== version || body['tid'] !== tid) throw new KeySetRefused(tampered);
    const named = Object.entries(contexts).map(([name, keys]) => [name, managedKeys(keys, secretKey)] as const);
    return { contexts: new Map(named), authenticated: true };
  };
  return { write, read };
}

function storedKey(key: ManagedKey, secretKey: Buffer, random: Random): JsonObject {
  const { jwk, created, usedFrom, removedFrom, heldUntil } = key;
  const secret = JSON.stringify(Object.fromEntries(secretMembers.map((member) => [member, jwk[member]])));
  return {
    public: { ...publicPart(jwk) },
    secret: secret === '{}' ? null : encryptDirect(secret, secretKey, random),
    created,
    used_from: usedFrom,
    removed_from: removedFrom ?? null,
    held_until: heldUntil ?? null,
  };
}

/** Keys of an authentic document: they have the shape that was written. */
function managedKeys(stored: Json | undefined, secretKey: Buffer): readonly ManagedKey[] {
  if (!Array.isArray(stored)) throw new KeySetRefused(tampered);
  return stored.map((entry: Json): ManagedKey => {
    if (!isJsonObject(entry)) throw new KeySetRefused(tampered);
    const { secret, created, used_from: usedFrom, removed_from: removedFrom, held_until: heldUntil } = entry;
    const open: unknown = entry['public'];
    if (!isJwk(open) || typeof created !== 'number' || typeof usedFrom !== 'number') throw new KeySetRefused(tampered);
    const jwk = secret === null ? open : { ...open, ...secretPart(secret, secretKey) };
    return { jwk, created, usedFrom, removedFrom: timeOf(removedFrom), heldUntil: timeOf(heldUntil) };
  });
}

/** A time that may be missing, as in documents from before there was such a time. */
function timeOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function secretPart(secret: Json | undefined, key: Buffer): Partial<Jwk> {
  const text = typeof secret === 'string' ? decryptDirect(secret, key) : undefined;
  if (text === undefined) throw new KeySetRefused(wrongKey);
  const members: unknown = JSON.parse(text);
  return isJsonObject(members) ? members : {};
}

/** Tells a wrong key from a changed document, for the sake of the operator. */
function opensAny(contexts: JsonObject, secretKey: Buffer): boolean {
  return Object.values(contexts).some(
    (keys) =>
      Array.isArray(keys) &&
      keys.some((entry: Json) => {
        const secret = isJsonObject(entry) ? entry['secret'] : undefined;
        return typeof secret === 'string' && decryptDirect(secret, secretKey) !== undefined;
      }),
  );
}

/**
 * The form of the first release: a JWK set in which each key has its secret part as a JWE under `keyStore.encJWK`. Nothing
 * binds the keys together, so all of it must be proven by what only the server can have written: each key has a secret part
 * that opens, none has one in clear, and the public part of each belongs to it. Such keys have been in use for ever.
 */
function readFirstForm(document: JsonObject, encryptionKey: Buffer): KeysByContext {
  const { keys } = document;
  if (!Array.isArray(keys)) throw new KeySetRefused('the stored key set is not a JWK set');
  const opened = keys.map((stored: Json): ManagedKey => {
    if (!isJwk(stored)) throw new KeySetRefused('the stored key set has a key without type (kty)');
    const { encrypted, ...open }: Jwk & { readonly encrypted?: unknown } = stored;
    const kid = open.kid ?? '(no kid)';
    if (typeof encrypted !== 'string' || secretMembers.some((member) => open[member] !== undefined)) {
      throw new KeySetRefused(
        `the stored key ${kid} is not encrypted with keyStore.encJWK: the server has not written it, and it must not be trusted. Remove it from its row in jwks, and find out who can write to the database.`,
      );
    }
    const jwk: Jwk = { ...open, ...secretPart(encrypted, encryptionKey) };
    if ((jwk.kty === 'oct' ? jwk.k : jwk.d) === undefined) throw new KeySetRefused(tampered);
    if (jwk.kty !== 'oct') refuseMismatch(jwk);
    return { jwk, created: 0, usedFrom: 0, removedFrom: undefined, heldUntil: undefined };
  });
  return new Map([[firstContext, opened]]);
}

function refuseMismatch(jwk: Jwk): void {
  try {
    proveKeyPair(jwk);
  } catch {
    throw new KeySetRefused(tampered);
  }
}

function isJwk(value: unknown): value is Jwk {
  return isJsonObject(value) && typeof value['kty'] === 'string';
}

/** JSON that does not depend on the order of members, which a database may change. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonical(item)).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name] ?? null)}`);
  return `{${members.join(',')}}`;
}
