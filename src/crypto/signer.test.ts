import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createSigner } from './signer.ts';
import { type SigningKey, signingKeyOf, verificationKeyOf } from './signing-key.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const header = () => 'e30';

/** A key on the main thread that notes what it signs, and in which turn of the event loop. */
function loopKey(perTurn: number, signed: string[]): SigningKey {
  return {
    kid: 'loop',
    alg: 'ES256',
    header,
    place: 'loop',
    perTurn,
    sign(input) {
      signed.push(Buffer.from(input.toString().split('.')[1] ?? '', 'base64url').toString());
      return Buffer.from('s');
    },
  };
}

describe('the signing service', () => {
  test('makes the signatures of a turn in a row at its end, so many as the key allows', async () => {
    const signed: string[] = [];
    const signer = createSigner();
    const key = loopKey(2, signed);
    const jwts = ['a', 'b', 'c', 'd', 'e'].map((claims) => signer.sign(key, claims));
    expect(signed).toEqual([]);
    await new Promise(setImmediate);
    expect(signed).toEqual(['a', 'b']);
    expect(await Promise.all(jwts)).toEqual(
      ['a', 'b', 'c', 'd', 'e'].map((claims) => `e30.${Buffer.from(claims).toString('base64url')}.cw`),
    );
    expect(signed).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('waits for what joins with the next turn, until none joins or the batch is full', async () => {
    const signed: string[] = [];
    const signer = createSigner();
    const key = loopKey(4, signed);
    const jwts = [signer.sign(key, 'a')];
    await new Promise(setImmediate);
    jwts.push(signer.sign(key, 'b'));
    await new Promise(setImmediate);
    expect(signed).toEqual([]);
    await new Promise(setImmediate);
    expect(signed).toEqual(['a', 'b']);
    jwts.push(...['c', 'd', 'e', 'f'].map((claims) => signer.sign(key, claims)));
    await new Promise(setImmediate);
    expect(signed).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(await Promise.all(jwts)).toHaveLength(6);
  });

  test('lets keys with large batches go first, whoever came first', async () => {
    const signed: string[] = [];
    const signer = createSigner();
    const slow = signer.sign(loopKey(1, signed), 'slow');
    await Promise.all([slow, signer.sign(loopKey(8, signed), 'fast')]);
    expect(signed).toEqual(['fast', 'slow']);
  });

  test('asks a key that signs elsewhere at once, and waits for it alone', async () => {
    let answer = (_signature: Buffer) => {};
    const remote: SigningKey = {
      kid: 'remote',
      alg: 'RS256',
      header,
      place: 'away',
      sign: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    };
    const signer = createSigner();
    const later = signer.sign(remote, 'x');
    expect(await signer.sign(loopKey(8, []), 'y')).toMatch(/\.cw$/);
    answer(Buffer.from('r'));
    expect(await later).toBe('e30.eA.cg');
  });

  test('passes the failure of a key on, and goes on with the next', async () => {
    const signer = createSigner();
    const broken: SigningKey = {
      ...loopKey(8, []),
      place: 'loop',
      perTurn: 8,
      sign: () => {
        throw new Error('no');
      },
    };
    const gone: SigningKey = {
      kid: 'gone',
      alg: 'RS256',
      header,
      place: 'away',
      sign: async () => {
        throw new Error('gone');
      },
    };
    const [one, two, three] = await Promise.allSettled([
      signer.sign(broken, 'a'),
      signer.sign(gone, 'b'),
      signer.sign(loopKey(8, []), 'c'),
    ]);
    expect([one.status, two.status, three.status]).toEqual(['rejected', 'rejected', 'fulfilled']);
  });

  test.each(['pool', 'batch'] as const)('signs with RSA by crypto.rsaSigning=%s', async (rsaSigning) => {
    const key = signingKeyOf(rsa.privateKey, 'k', 'PS256', rsaSigning);
    expect(key.place).toBe(rsaSigning === 'pool' ? 'away' : 'loop');
    const jwt = await createSigner().sign(key, '{}', 'x+jwt');
    const [head = '', body = '', signature = ''] = jwt.split('.');
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({ alg: 'PS256', typ: 'x+jwt', kid: 'k' });
    const verifier = verificationKeyOf(rsa.publicKey, 'k', 'PS256');
    expect(verifier.verify(Buffer.from(`${head}.${body}`), Buffer.from(signature, 'base64url'))).toBe(true);
    expect(verifier.verify(Buffer.from(`${head}.x`), Buffer.from(signature, 'base64url'))).toBe(false);
    // Another scheme of the same key is another algorithm.
    const other = sign('sha256', Buffer.from(`${head}.${body}`), rsa.privateKey);
    expect(verifier.verify(Buffer.from(`${head}.${body}`), other)).toBe(false);
  });
});
