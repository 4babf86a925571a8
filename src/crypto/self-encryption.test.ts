import fc from 'fast-check';
import { compactDecrypt } from 'jose';
import { describe, expect, test } from 'vitest';
import { decryptFromSelf, encryptDirect, encryptToSelf } from './jwe.ts';
import { createRandom } from './random.ts';
import { seal, unseal } from './sealed-box.ts';
import { type SecretKey, type SecretKeys, secretKeysOf } from './secret-keys.ts';

const first: SecretKey = { kid: 'refresh-token-encrypt', id: '', bytes: Buffer.alloc(32, 1) };
const second: SecretKey = { kid: 'refresh-token-encrypt.A-_9', id: 'A-_9', bytes: Buffer.alloc(32, 2) };

function ring(...keys: readonly SecretKey[]): SecretKeys & { missedTimes(): number } {
  let missed = 0;
  return { ...secretKeysOf('refresh-token-encrypt', keys, () => void missed++), missedTimes: () => missed };
}

const binding = { typ: 'refresh-token', iss: 'https://op.example' };

/** Both ways in which the server encrypts something to itself. */
const ways = [
  {
    way: 'a sealed box',
    close: (text: string, keys: SecretKeys) => seal(text, keys, 'purpose'),
    open: (text: string, keys: SecretKeys) => unseal(text, keys, 'purpose'),
  },
  {
    way: 'a JWE to itself',
    close: (text: string, keys: SecretKeys) => encryptToSelf(text, keys, binding),
    open: (text: string, keys: SecretKeys) => decryptFromSelf(text, keys, binding),
  },
];

describe.each(ways)('$way', ({ close, open }) => {
  test('opens with its key alone, whichever is in use', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (text) => {
        for (const key of [first, second]) {
          const closed = close(text, ring(key));
          for (const keys of [ring(first, second), ring(second, first), ring(key)])
            expect(open(closed, keys)).toBe(text);
          expect(open(closed, ring(key === first ? second : first))).toBeUndefined();
        }
      }),
    );
  });

  test('of the same text with the same key is the same, of another text or key it is not', () => {
    const texts = ['a', 'b', 'aa'].flatMap((text) => [close(text, ring(first)), close(text, ring(second))]);
    expect(new Set(texts).size).toBe(6);
    expect(close('a', ring(first, second))).toBe(texts[0]);
    expect(close('a', ring(second, first))).toBe(texts[1]);
  });

  test('does not open when any part of it was changed', () => {
    const keys = ring(second, first);
    const closed = close('some text to be kept', keys);
    fc.assert(
      fc.property(fc.nat(closed.length - 1), fc.string({ maxLength: 2 }), (at, put) => {
        const changed = closed.slice(0, at) + put + closed.slice(at + 1);
        if (changed !== closed) expect(open(changed, keys)).toBeUndefined();
      }),
    );
  });

  test('that names an unknown key has the keys read, once for each', () => {
    const keys = ring(first);
    expect(open(close('text', ring(second)), keys)).toBeUndefined();
    expect(keys.missedTimes()).toBe(1);
    expect(open(close('text', keys), keys)).toBe('text');
    expect(keys.missedTimes()).toBe(1);
  });
});

test('a box does not open for another purpose, nor under the version of another key', () => {
  const closed = seal('text', ring(second), 'one');
  expect(unseal(closed, ring(second, first), 'two')).toBeUndefined();
  const same: SecretKey = { ...first, bytes: second.bytes };
  const bytes = Buffer.from(closed, 'base64url');
  const renamed = Buffer.concat([Buffer.of(1), bytes.subarray(4)]).toString('base64url');
  expect(unseal(renamed, ring(same), 'one')).toBeUndefined();
});

test('the nonces of boxes and JWEs of the same text have nothing in common', () => {
  const box = Buffer.from(seal('text', ring(first), 'p'), 'base64url').subarray(1, 13);
  const other = Buffer.from(seal('text', ring(first), 'q'), 'base64url').subarray(1, 13);
  const jwe = Buffer.from(encryptToSelf('text', ring(first), binding).split('.')[2] ?? '', 'base64url');
  expect(new Set([box, other, jwe].map((nonce) => nonce.toString('hex'))).size).toBe(3);
});

test('a JWE of the first release opens, and one under a later key is a JWE that names it', async () => {
  const earlier = encryptDirect('text', first.bytes, createRandom());
  expect(decryptFromSelf(earlier, ring(second, first), binding)).toBe('text');
  const { plaintext, protectedHeader } = await compactDecrypt(
    encryptToSelf('text', ring(second), binding),
    second.bytes,
  );
  expect(new TextDecoder().decode(plaintext)).toBe('text');
  expect(protectedHeader).toEqual({ alg: 'dir', enc: 'A256GCM', kid: second.kid, ...binding });
});

test('a JWE does not open for another issuer or use, nor share a nonce with theirs', () => {
  const closed = encryptToSelf('text', ring(first), binding);
  for (const other of [
    { ...binding, iss: 'https://op.example/t' },
    { ...binding, typ: 'session' },
  ]) {
    expect(decryptFromSelf(closed, ring(first), other)).toBeUndefined();
    const theirs = encryptToSelf('text', ring(first), other);
    expect(theirs.split('.')[2]).not.toBe(closed.split('.')[2]);
    // Nor with the header exchanged, or taken off.
    const former = encryptDirect('', first.bytes, createRandom()).split('.')[0];
    for (const header of [theirs.split('.')[0], former]) {
      const forged = [header, ...closed.split('.').slice(1)].join('.');
      for (const each of [binding, other]) expect(decryptFromSelf(forged, ring(first), each)).toBeUndefined();
    }
  }
});
