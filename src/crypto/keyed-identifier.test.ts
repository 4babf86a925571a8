import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createKeyedIdentifiers, type IdentifierPurpose } from './keyed-identifier.ts';
import { createRandom } from './random.ts';
import { type SecretKey, type SecretKeys, secretKeysOf } from './secret-keys.ts';

const first: SecretKey = { kid: 'hmac', id: '', bytes: Buffer.alloc(32, 1) };
const second: SecretKey = { kid: 'hmac.A-_9', id: 'A-_9', bytes: Buffer.alloc(32, 2) };
const third: SecretKey = { kid: 'hmac.zzzz', id: 'zzzz', bytes: Buffer.alloc(48, 3) };
const issuer = 'https://op.example';
const purposes: readonly IdentifierPurpose[] = [
  'subject-session',
  'authz-session',
  'authorization-code',
  'access-token',
];

/** Identifiers under these keys, the first one in use, which may be exchanged. */
function under(...keys: readonly SecretKey[]) {
  let missed = 0;
  const ring = (of: readonly SecretKey[]): SecretKeys => secretKeysOf('hmac', of, () => void missed++);
  let current = ring(keys);
  const identifiers = createKeyedIdentifiers({ keys: () => current, issuer, random: createRandom() });
  return {
    ...identifiers,
    missed: () => missed,
    change: (...others: readonly SecretKey[]) => {
      current = ring(others);
    },
  };
}

/** As release 0.1.0 made them. */
function earlier(value: Buffer, tag: number): string {
  const mac = createHmac('sha256', first.bytes).update(Buffer.of(tag)).update(issuer).update(value).digest();
  return `${value.toString('base64url')}.${mac.toString('base64url', 0, 16)}`;
}

describe('identifiers', () => {
  test('have a mac over the length of the issuer too, and those of the first release are genuine', () => {
    const identifiers = under(first);
    const value = Buffer.alloc(16, 9);
    const text = Buffer.concat([Buffer.of(1, 0, 0, 0, issuer.length), Buffer.from(issuer), value]);
    const mac = createHmac('sha256', first.bytes).update(text).digest().toString('base64url', 0, 16);
    const plain = value.toString('base64url');
    expect(identifiers.identifierOf('subject-session', plain)).toBe(`${plain}.${mac}`);
    expect(identifiers.check('subject-session', earlier(value, 1))?.value).toBe(plain);
    expect(identifiers.check('subject-session', earlier(value, 5))).toBeUndefined();
    expect(identifiers.check('access-token', earlier(value, 5))?.value).toBe(value.toString('base64url'));
    expect(identifiers.issue('access-token').identifier).toMatch(/^[\w-]{22}\.[\w-]{22}$/);
  });

  test('stay genuine when another key comes into use, and are made under that one, which they name', () => {
    const identifiers = under(first);
    const old = purposes.map((purpose) => identifiers.issue(purpose));
    identifiers.change(second, first, third);
    for (const [index, purpose] of purposes.entries()) {
      const { identifier, key, value } = identifiers.issue(purpose);
      expect(identifier).toMatch(/^[\w-]{22}\.[\w-]{22}\.A-_9$/);
      expect(identifiers.check(purpose, identifier)).toEqual({ key, value });
      expect(identifiers.check(purpose, old[index]?.identifier ?? '')).toEqual({
        key: old[index]?.key,
        value: old[index]?.value,
      });
      // Of the same value, so that what it stands for is found under either key.
      const renewed = identifiers.identifierOf(purpose, old[index]?.value ?? '');
      expect(identifiers.check(purpose, renewed)?.key).toBe(old[index]?.key);
    }
  });

  test('under a key that comes into use are genuine before: it is known ahead of that', () => {
    const [ahead, behind] = [under(second, first), under(first, second)];
    const { identifier } = ahead.issue('authorization-code');
    expect(behind.check('authorization-code', identifier)).toBeDefined();
  });

  test('are worth nothing once their key is gone', () => {
    const identifiers = under(first);
    const { identifier } = identifiers.issue('access-token');
    identifiers.change(second);
    expect(identifiers.check('access-token', identifier)).toBeUndefined();
  });

  test('under a key that is not known have the keys read, any other text has not', () => {
    const identifiers = under(first);
    expect(identifiers.check('access-token', under(second).issue('access-token').identifier)).toBeUndefined();
    expect(identifiers.missed()).toBe(1);
    for (const text of [
      '',
      'x',
      'x'.repeat(50),
      `${'A'.repeat(22)}.${'A'.repeat(22)}`,
      `${'A'.repeat(22)}.${'A'.repeat(22)}:abcd`,
    ]) {
      expect(identifiers.check('access-token', text)).toBeUndefined();
    }
    expect(identifiers.missed()).toBe(1);
  });

  test('do not pass under another key, purpose, spelling or length', () => {
    const identifiers = under(second, first, third);
    fc.assert(
      fc.property(
        fc.constantFrom(...purposes),
        fc.integer({ min: 0, max: 49 }),
        fc.string({ maxLength: 3 }),
        (purpose, at, text) => {
          const { identifier } = identifiers.issue(purpose);
          const forged = identifier.slice(0, at) + text + identifier.slice(at + 1);
          expect(identifiers.check(purpose, forged) === undefined).toBe(forged !== identifier);
          const plain = identifier.slice(0, 45);
          for (const other of [plain, `${plain}.zzzz`, `${plain}.`, `${identifier}.`, `${identifier}A-_9`]) {
            expect(identifiers.check(purpose, other)).toBeUndefined();
          }
          for (const other of purposes)
            expect(identifiers.check(other, identifier) !== undefined).toBe(other === purpose);
        },
      ),
    );
  });

  test('that are renewed name the same thing, and are as hard to forge', () => {
    const identifiers = under(second, first);
    const old = identifiers.issue('subject-session');
    const renewed = identifiers.renew('subject-session', old.value);
    const again = identifiers.renew('subject-session', renewed.value);
    expect(new Set([old, renewed, again].map(({ identifier }) => identifier)).size).toBe(3);
    for (const { identifier, value, key } of [renewed, again]) {
      expect(identifier).toMatch(/^[\w-]{43}\.[\w-]{22}\.A-_9$/);
      expect(key).toBe(old.key);
      expect(identifiers.keyOf(value)).toBe(key);
      expect(identifiers.check('subject-session', identifier)).toEqual({ key, value });
      expect(identifiers.check('authz-session', identifier)).toBeUndefined();
      // Neither does the mac of one value stand for another.
      const [text, mac] = [identifier.slice(0, 43), identifier.slice(44)];
      for (const forged of [`${text.slice(0, 22)}.${mac}`, `${text}.${old.identifier.slice(23)}`, `${text}${mac}`]) {
        expect(identifiers.check('subject-session', forged)).toBeUndefined();
      }
    }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 70 }), fc.string({ maxLength: 3 }), (at, text) => {
        const forged = again.identifier.slice(0, at) + text + again.identifier.slice(at + 1);
        expect(identifiers.check('subject-session', forged) === undefined).toBe(forged !== again.identifier);
      }),
    );
  });

  test('derive secrets under each key, the one in use first', () => {
    const [now, ...before] = under(second, first).deriveSecrets('refresh-token', 'seed');
    expect(before).toEqual(under(first).deriveSecrets('refresh-token', 'seed'));
    expect(now).not.toBe(before[0]);
  });
});
