import { beforeAll, describe, expect, test } from 'vitest';
import { generateKeySet } from '../crypto/generate-keys.ts';
import { signingKeyFor } from '../crypto/key-holds.ts';
import { createKeySet, type KeySet } from '../crypto/key-set.ts';
import type { ServerKeys } from '../crypto/server-keys.ts';
import { createSigner } from '../crypto/signer.ts';
import type { Client } from '../domain/client.ts';
import { compileClient } from '../protocol/clients/compile-client.ts';
import { type JwtOrder, jwtFor } from './jwt-for.ts';
import { type JwtRule, jwtFrom } from './jwt-from.ts';
import { madeByServer } from './signed-by-server.ts';

const issuer = 'https://op.example';
const now = 1_800_000_000;
let before: KeySet;
let after: KeySet;
let client: Client;

beforeAll(async () => {
  before = createKeySet(await generateKeySet({ rsa: 2048 }));
  after = createKeySet(await generateKeySet({ rsa: 2048 }));
  client = compileClient({
    client_id: 'rp',
    metadata: { id_token_signed_response_alg: 'ES256' },
    client_id_issued_at: 0,
    client_secret_expires_at: 0,
    client_secret: 'x'.repeat(40),
  });
});

/** Keys of the server that become others when they are read anew. */
function serverKeys(next: KeySet = before): ServerKeys & { reloads(): number } {
  let current = before;
  let reloads = 0;
  return {
    current: () => current,
    reload: async () => {
      reloads++;
      current = next;
    },
    reloads: () => reloads,
    unheldLifetime: 600,
    hold: async () => signingKeyFor(current, 'ES256'),
  };
}

const room = (keys: ServerKeys) => ({ keys, signer: createSigner(), clock: { now: () => now } });
const order = (members: Partial<JwtOrder> = {}): JwtOrder => ({
  name: 'ID token',
  claims: JSON.stringify({ iss: issuer, aud: 'rp', sub: 'alice', exp: now + 60 }),
  alg: 'ES256',
  typ: undefined,
  unsecured: false,
  lifetime: 60,
  ...members,
});
const rule = (keys: ServerKeys, members: Partial<JwtRule> = {}): JwtRule => ({
  maker: madeByServer({ issuer, keys }),
  validAt: undefined,
  hasType: (typ) => typ === undefined,
  ...members,
});

describe('a JWT from a client', () => {
  test('that the server has made for it is read', async () => {
    const keys = serverKeys();
    const jwt = await jwtFor(room(keys), client, order());
    expect(await jwtFrom(client, jwt, rule(keys))).toEqual({ ok: true, claims: JSON.parse(order().claims) });
    expect(keys.reloads()).toBe(0);
  });

  test('whose key is not known has the keys read once more, and is read when it is then', async () => {
    const jwt = await jwtFor(room({ ...serverKeys(), current: () => after }), client, order());
    const [knowing, ignorant] = [serverKeys(after), serverKeys(before)];
    expect(await jwtFrom(client, jwt, rule(knowing))).toMatchObject({ ok: true });
    expect(await jwtFrom(client, jwt, rule(ignorant))).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/signed with a key/),
    });
    expect([knowing.reloads(), ignorant.reloads()]).toEqual([1, 1]);
  });

  test.each<[string, Partial<JwtOrder>, Partial<JwtRule>, RegExp]>([
    ['another issuer', { claims: `{"iss":"${issuer}x","aud":"rp"}` }, {}, /issuer/],
    ['another audience', { claims: `{"iss":"${issuer}","aud":["a","b"]}` }, {}, /audience/],
    ['an end that has come', {}, { validAt: now + 60 }, /expired/],
    ['no end', { claims: `{"iss":"${issuer}","aud":"rp"}` }, { validAt: now }, /exp/],
    [
      'a start to come',
      { claims: `{"iss":"${issuer}","aud":"rp","exp":${now + 60},"nbf":${now + 1}}` },
      { validAt: now },
      /nbf/,
    ],
    ['another type', { typ: 'at+jwt' }, {}, /typ at\+jwt/],
    ['an HMAC', { alg: 'HS256' }, {}, /not digitally signed/],
    ['no signature', { alg: 'none', unsecured: true }, {}, /not digitally signed/],
  ])('with %s is refused with the reason', async (_what, made, expected, reason) => {
    const keys = serverKeys();
    const jwt = await jwtFor(room(keys), client, order(made));
    expect(await jwtFrom(client, jwt, rule(keys, expected))).toMatchObject({
      ok: false,
      reason: expect.stringMatching(reason),
    });
    expect(keys.reloads()).toBe(0);
  });

  test('that was changed is refused', async () => {
    const keys = serverKeys();
    const [head, , signature] = (await jwtFor(room(keys), client, order())).split('.');
    const claims = Buffer.from(JSON.stringify({ iss: issuer, aud: 'rp', sub: 'bob' })).toString('base64url');
    expect(await jwtFrom(client, `${head}.${claims}.${signature}`, rule(keys))).toEqual({
      ok: false,
      reason: 'bad signature',
    });
    expect(await jwtFrom(client, 'rubbish', rule(keys))).toEqual({ ok: false, reason: 'not a signed JWT' });
  });
});

describe('a JWT for a client', () => {
  test('is refused where the server has no key, or none is allowed', () => {
    const keys: ServerKeys = { ...serverKeys(), current: () => createKeySet({ keys: [] }) };
    expect(() => jwtFor(room(keys), client, order())).toThrow('there is no key for the ID token algorithm ES256');
    expect(() => jwtFor(room(keys), client, order({ alg: 'none' }))).toThrow('none of client rp is not enabled');
  });

  test('needs a valid secret for an HMAC', () => {
    const keys = serverKeys();
    const without = { ...client, secret: undefined };
    const expired = { ...client, secretExpiresAt: now };
    for (const poor of [without, expired]) {
      expect(() => jwtFor(room(keys), poor, order({ alg: 'HS256' }))).toThrow('no valid secret for HS256');
    }
    expect(jwtFor(room(keys), { ...client, secretExpiresAt: now + 1 }, order({ alg: 'HS256' }))).toMatch(/^ey/);
  });
});
