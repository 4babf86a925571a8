import { beforeAll, describe, expect, test } from 'vitest';
import type { Jwk } from '../domain/jwk.ts';
import { generateKeySet } from './generate-keys.ts';
import { staticKeySet } from './server-keys.ts';

let keys: readonly Jwk[];
beforeAll(async () => {
  ({ keys } = await generateKeySet({ rsa: 2048 }));
});

const secret = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64url');

describe('a static key set', () => {
  test('with all that is generated is complete', () => {
    expect(staticKeySet({ keys }).algs).toContain('RS256');
  });

  test.each<[string, (jwk: Jwk) => boolean]>([
    ['the symmetric key hmac', (jwk) => jwk.kid === 'hmac'],
    ['the symmetric key refresh-token-encrypt', (jwk) => jwk.kid === 'refresh-token-encrypt'],
    ['an RSA key for signatures', (jwk) => jwk.kty === 'RSA' && jwk.use === 'sig'],
  ])('is refused without %s', (what, isMissing) => {
    expect(() => staticKeySet({ keys: keys.filter((jwk) => !isMissing(jwk)) })).toThrow(`lacks ${what}`);
  });

  test.each([
    ['hmac', 31],
    ['refresh-token-encrypt', 31],
    ['refresh-token-encrypt', 64],
  ])('is refused with the key %s of %d bytes', (kid, bytes) => {
    const changed = keys.map((jwk) => (jwk.kid === kid ? { ...jwk, k: secret(bytes) } : jwk));
    expect(() => staticKeySet({ keys: changed })).toThrow(new RegExp(`${kid} must have (at least )?256 bits`));
  });
});
