import { createHmac, createPublicKey, generateKeyPairSync, hkdfSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { isJsonObject, type Json } from '../domain/json.ts';
import type { Jwk } from '../domain/jwk.ts';
import { firstReleaseDocument } from '../testing/first-release-keys.ts';
import { generateKeySet } from './generate-keys.ts';
import { createKeyDocuments, KeySetRefused } from './key-document.ts';
import type { ManagedKey } from './key-schedule.ts';
import { createRandom } from './random.ts';

const encryptionKey = Buffer.alloc(16, 3);
const documents = createKeyDocuments(encryptionKey, 'default', createRandom());
let keys: readonly Jwk[];
let managed: readonly ManagedKey[];
/** A fresh copy that a test may change as an attacker would. */
let written: () => { [member: string]: Json } & { contexts: { op: { [member: string]: Json }[] } };

beforeAll(async () => {
  // With one for encryption, as earlier releases made them.
  const made = await generateKeySet({ rsa: 2048 });
  keys = [...made.keys, { ...strange(), use: 'enc', kid: 'enc' }];
  managed = keys.map((jwk, index) => ({
    jwk,
    created: 10,
    usedFrom: 20 + index,
    removedFrom: index === 3 ? 99 : undefined,
    heldUntil: index === 3 ? 98 : undefined,
  }));
  const text = JSON.stringify(documents.write(new Map([['op', managed]]), 7));
  written = () => JSON.parse(text);
});

const place = (kid: string) => keys.findIndex((jwk) => jwk.kid === kid);
const at = <T>(list: readonly T[], index: number): T => {
  const found = list.at(index);
  if (found === undefined) throw new Error(`nothing at ${index}`);
  return found;
};
/** A key of the attacker, in clear. */
const strange = (): Jwk => {
  const { kty, ...jwk } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return { ...jwk, kty: kty ?? '', use: 'sig', kid: 'attack' };
};

describe('a stored key set', () => {
  test('is read as it was written, in whatever order the members come', () => {
    const backwards = (value: Json): Json => {
      if (Array.isArray(value)) return value.map(backwards);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, backwards(member ?? null)]),
      );
    };
    for (const document of [written(), backwards(written())]) {
      if (!isJsonObject(document)) throw new Error('not an object');
      const { contexts, authenticated } = documents.read(document, 7);
      expect(authenticated).toBe(true);
      expect(contexts.get('op')).toEqual(managed);
    }
  });

  test('from before keys could be held is read', () => {
    const { mac, ...document } = written();
    for (const entry of document.contexts.op) delete entry['held_until'];
    const macKey = Buffer.from(hkdfSync('sha256', encryptionKey, '', 'tessera key set', 32));
    const sorted = (_name: string, value: unknown) =>
      isJsonObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
    const earlier = createHmac('sha256', macKey).update(JSON.stringify(document, sorted)).digest('base64url');
    expect(earlier).not.toBe(mac);
    const { contexts } = documents.read({ ...document, mac: earlier }, 7);
    expect(contexts.get('op')).toEqual(managed.map((key) => ({ ...key, heldUntil: undefined })));
  });

  test('has no secret in clear', () => {
    const text = JSON.stringify(written());
    for (const jwk of keys) for (const secret of [jwk.d, jwk.k]) if (secret) expect(text).not.toContain(secret);
  });

  test.each<[string, (document: ReturnType<typeof written>) => void]>([
    ['a key in clear beside the others', ({ contexts }) => contexts.op.unshift({ ...clear(strange()) })],
    ['a key in clear in place of another', ({ contexts }) => void contexts.op.splice(0, 1, clear(strange()))],
    ['a key less', ({ contexts }) => void contexts.op.pop()],
    ['the keys in another order', ({ contexts }) => void contexts.op.reverse()],
    [
      'another public part',
      ({ contexts }) => void Object.assign(at(contexts.op, 1), { public: { ...strange(), d: undefined } }),
    ],
    [
      'another kid',
      ({ contexts }) => void Object.assign(at(contexts.op, 0), { public: { ...publicOf(contexts.op, 0), kid: 'x' } }),
    ],
    ['an earlier first use', ({ contexts }) => void Object.assign(at(contexts.op, 2), { used_from: 0 })],
    ['no hold', ({ contexts }) => void Object.assign(at(contexts.op, 3), { held_until: null })],
    ['no end', ({ contexts }) => void Object.assign(at(contexts.op, 3), { removed_from: null })],
    ['secret parts exchanged', ({ contexts }) => exchange(contexts.op, place('hmac'), place('subject-encrypt'))],
    ['no secret part', ({ contexts }) => void Object.assign(at(contexts.op, 0), { secret: null })],
    ['another context', (document) => void Object.assign(document.contexts, { more: [] })],
    ['no HMAC', (document) => void Object.assign(document, { mac: null })],
    ['another HMAC', (document) => void Object.assign(document, { mac: 'A'.repeat(43) })],
    ['the version of another row', (document) => void Object.assign(document, { version: 8 })],
  ])('with %s is refused', (_what, attack) => {
    const document = written();
    attack(document);
    expect(() => documents.read(document, 7)).toThrow(KeySetRefused);
    expect(() => documents.read(document, 7)).toThrow(/not what the server wrote under keyStore\.encJWK.*backup/);
  });

  test('of another version of the row, or of another tenant, is refused', () => {
    expect(() => documents.read(written(), 8)).toThrow(KeySetRefused);
    const other = createKeyDocuments(encryptionKey, 'other', createRandom());
    expect(() => other.read(written(), 7)).toThrow(KeySetRefused);
  });

  test('under another keyStore.encJWK says so', () => {
    const other = createKeyDocuments(Buffer.alloc(16, 4), 'default', createRandom());
    expect(() => other.read(written(), 7)).toThrow(/do not open with keyStore\.encJWK/);
  });

  test('of a later release is refused', () => {
    expect(() => documents.read({ ...written(), format: 3 }, 7)).toThrow(/a later one wrote it/);
  });
});

describe('a key set stored by the first release', () => {
  const first = (): { keys: { [member: string]: Json }[] } =>
    JSON.parse(JSON.stringify(firstReleaseDocument({ keys }, encryptionKey)));

  test('is read, with all keys in use', () => {
    const { contexts, authenticated } = documents.read(first(), 1);
    expect(authenticated).toBe(false);
    expect(contexts.get('op')?.map(({ jwk }) => jwk)).toEqual(keys);
    expect(contexts.get('op')?.every(({ usedFrom, removedFrom }) => usedFrom === 0 && removedFrom === undefined)).toBe(
      true,
    );
  });

  test.each<[string, (document: ReturnType<typeof first>) => void]>([
    ['a key in clear', (document) => void document.keys.unshift({ ...strange() })],
    ['a public key without secret part', (document) => void document.keys.push(publicJwk())],
    [
      'a secret part in clear beside an encrypted one',
      (document) => void document.keys.push({ ...strange(), encrypted: at(document.keys, 0)['encrypted'] ?? null }),
    ],
    [
      'a public part that belongs to another secret part',
      (document) => void Object.assign(at(document.keys, 1), { ...publicJwk(), kid: 'mine' }),
    ],
    [
      'a public key for encryption that belongs to another secret part',
      (document) => {
        const index = keys.findIndex(({ use, crv }) => use === 'enc' && crv === 'P-256');
        Object.assign(at(document.keys, index), { ...publicJwk(), use: 'enc' });
      },
    ],
    [
      'a symmetric key made of the secret part of another type',
      (document) => void Object.assign(at(document.keys, 0), { kty: 'oct', kid: 'x' }),
    ],
    [
      'a secret part out of a document that is authenticated',
      (document) => {
        const { secret } = at(written().contexts.op, 0);
        Object.assign(at(document.keys, 0), { encrypted: secret });
      },
    ],
  ])('with %s is refused', (_what, attack) => {
    const document = first();
    attack(document);
    expect(() => documents.read(document, 1)).toThrow(KeySetRefused);
  });

  test('under another keyStore.encJWK says so', () => {
    const other = createKeyDocuments(Buffer.alloc(16, 4), 'default', createRandom());
    expect(() => other.read(first(), 1)).toThrow(/do not open with keyStore\.encJWK/);
  });
});

function clear(jwk: Jwk): { [member: string]: Json } {
  return { public: { ...jwk }, secret: null, created: 0, used_from: 0, removed_from: null };
}

function publicJwk(): { [member: string]: Json } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty = '', crv = '', x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { kty, crv, x, y, use: 'sig', kid: 'strange' };
}

function publicOf(entries: readonly { readonly [member: string]: Json }[], index: number): object {
  const open = at(entries, index)['public'];
  return typeof open === 'object' && open !== null ? open : {};
}

function exchange(entries: { [member: string]: Json }[], one: number, two: number): void {
  const [first, second] = [at(entries, one), at(entries, two)];
  [first['secret'], second['secret']] = [second['secret'] ?? null, first['secret'] ?? null];
}
