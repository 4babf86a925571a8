import { createHash, createPublicKey, verify } from 'node:crypto';
import { createRemoteJWKSet, type JWK, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimsOf, headerOf } from '../../src/testing/caller/jwt.ts';
import { object, text } from '../../src/testing/caller/values.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ properties: { 'op.idToken.jwsAlgs': [...asymmetric, ...hmac, 'none'].join(' ') } });
});
afterAll(() => server.close());

/** Algorithms with the digest that `at_hash` takes from them (OpenID Connect Core, section 3.1.3.6). */
const digests: Readonly<Record<string, string>> = {
  RS256: 'sha256',
  RS384: 'sha384',
  RS512: 'sha512',
  PS256: 'sha256',
  PS384: 'sha384',
  PS512: 'sha512',
  ES256: 'sha256',
  ES256K: 'sha256',
  ES384: 'sha384',
  ES512: 'sha512',
  EdDSA: 'sha512',
  HS256: 'sha256',
  HS384: 'sha384',
  HS512: 'sha512',
};
const hmac = Object.keys(digests).filter((alg) => alg.startsWith('HS'));
const asymmetric = Object.keys(digests).filter((alg) => !alg.startsWith('HS'));

function halfHash(value: unknown, alg: string): string {
  const digest = createHash(digests[alg] ?? '')
    .update(text(value))
    .digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}

/** The published key that the header of the ID token names. */
async function publishedKey(idToken: string): Promise<JWK> {
  const { keys } = object((await server.send('/jwks.json')).json);
  const key = Array.isArray(keys) ? keys.map(object).find(({ kid }) => kid === headerOf(idToken)['kid']) : undefined;
  if (!key) throw new Error('the JWKS lacks the key of the ID token');
  return key;
}

test.each([...asymmetric, ...hmac].filter((alg) => alg !== 'ES256K'))(
  'jose verifies an ID token by %s',
  async (alg) => {
    const party = await server.register({ id_token_signed_response_alg: alg });
    expect(party.registration['id_token_signed_response_alg']).toBe(alg);
    const { body: tokens } = await party.tokens({ nonce: 'n-0S6_WzA2Mj' });
    const idToken = text(tokens['id_token']);
    const options = { algorithms: [alg], issuer: server.issuer, audience: party.id, requiredClaims: ['exp', 'iat'] };
    const { payload } = alg.startsWith('HS')
      ? await jwtVerify(idToken, new TextEncoder().encode(party.secret), options)
      : await jwtVerify(idToken, createRemoteJWKSet(new URL(`${server.issuer}/jwks.json`)), options);
    expect(payload).toMatchObject({ sub: 'alice', nonce: 'n-0S6_WzA2Mj' });
    expect(payload['at_hash']).toBe(halfHash(tokens['access_token'], alg));
    expect('kid' in headerOf(idToken)).toBe(!alg.startsWith('HS'));
  },
);

// jose verifies by WebCrypto, which has no secp256k1.
test('node:crypto verifies an ID token by ES256K', async () => {
  const party = await server.register({ id_token_signed_response_alg: 'ES256K' });
  const { body: tokens } = await party.tokens();
  const idToken = text(tokens['id_token']);
  const jwk = await publishedKey(idToken);
  expect(jwk).toMatchObject({ kty: 'EC', crv: 'secp256k1', use: 'sig' });
  const [header, payload, signature] = idToken.split('.');
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  const signed = Buffer.from(`${header}.${payload}`);
  const bytes = Buffer.from(signature ?? '', 'base64url');
  expect(bytes).toHaveLength(64);
  expect(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, bytes)).toBe(true);
  expect(headerOf(idToken)['alg']).toBe('ES256K');
  expect(claimsOf(idToken)['at_hash']).toBe(halfHash(tokens['access_token'], 'ES256K'));
});

test('an unsigned ID token is only for those who registered for it where it is enabled', async () => {
  const party = await server.register({ id_token_signed_response_alg: 'none' });
  const { id: idToken } = await party.tokens();
  expect(headerOf(idToken)).toEqual({ alg: 'none' });
  expect(text(idToken).endsWith('.')).toBe(true);
  const strict = await startTestServer();
  try {
    const reply = await strict.call('POST', '/clients', {
      redirect_uris: ['https://rp.example/cb'],
      id_token_signed_response_alg: 'none',
    });
    expect(reply.status).toBe(400);
    expect(reply.json).toMatchObject({ error: 'invalid_client_metadata' });
  } finally {
    await strict.close();
  }
});

test('a public client, having no secret, cannot register for an HMAC', async () => {
  const reply = await server.call('POST', '/clients', {
    redirect_uris: ['https://rp.example/cb'],
    token_endpoint_auth_method: 'none',
    id_token_signed_response_alg: 'HS256',
  });
  const body = reply.body;
  // Either the registration is refused or a secret comes with it; an ID token that nobody can verify must not happen.
  expect(reply.status === 400 || 'client_secret' in body).toBe(true);
});
