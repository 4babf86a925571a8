import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeToken, findKey, timeClaims } from './token-decoding.ts';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a signed JWT shows header and claims', () => {
  expect(decodeToken(`${part({ alg: 'RS256' })}.${part({ sub: 'ä' })}.sig`)).toEqual({
    kind: 'jwt',
    header: { alg: 'RS256' },
    claims: { sub: 'ä' },
  });
});

test('an encrypted JWT shows its header only', () => {
  expect(decodeToken(`${part({ alg: 'dir', enc: 'A128GCM' })}..a.b.c`)).toEqual({
    kind: 'encrypted',
    header: { alg: 'dir', enc: 'A128GCM' },
  });
});

test('anything else is opaque and never an exception', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (token) => decodeToken(token).kind === 'opaque'));
  expect(decodeToken('lBDB91MVQ0dQ9iTed1PHTw.9Z1blJfgNSTpxtgwqONZFw').kind).toBe('opaque');
  expect(decodeToken(`${part({ alg: 'RS256' })}.${part([1])}.sig`).kind).toBe('opaque');
});

test('the key is the one that the header names', () => {
  const keys = [{ kid: 'a' }, { kid: 'b' }];
  expect(findKey({ kid: 'b' }, keys)).toBe(keys[1]);
  expect(findKey({ kid: 'c' }, keys)).toBeUndefined();
  expect(findKey({}, keys)).toBeUndefined();
  expect(findKey({}, [{ kid: 'a' }])).toEqual({ kid: 'a' });
});

test('time claims are the known ones with a number', () => {
  const claims = { exp: 2, iat: '1', constructor: 3, auth_time: 4 };
  expect(timeClaims(claims).map(({ name, time }) => [name, time])).toEqual([
    ['exp', 2],
    ['auth_time', 4],
  ]);
});
