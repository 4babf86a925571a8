import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, type TokenAnswer, versatile } from '../../src/testing/caller/client.ts';
import { claimsOf, headerOf, jwtPart } from '../../src/testing/caller/jwt.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { cpuMilliseconds } from '../support/cpu-time.ts';

let server: TestServer;
let client: TestClient;
let tokens: TokenAnswer;
let publicKeys: readonly Record<string, string>[];

const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 });
const attackerJwk = { ...attacker.publicKey.export({ format: 'jwk' }), use: 'sig' };

beforeAll(async () => {
  server = await startTestServer();
  client = await server.register(versatile);
  tokens = await client.tokens();
  const { keys } = (await server.call('GET', '/jwks.json')).body;
  publicKeys = Array.isArray(keys) ? keys : [];
});
afterAll(() => server.close());

/** A JWT with the claims of a good access token, signed by the attacker's key. */
function forge(header: object, claims: object = claimsOf(tokens.access)): string {
  const input = `${jwtPart(header)}.${jwtPart(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), attacker.privateKey).toString('base64url')}`;
}

/** Nobody may believe it: UserInfo, introspection as token and as caller, registration, and hints. */
async function expectWorthless(token: string): Promise<void> {
  expect(verdict(await server.userInfo(token))).toEqual([401, 'invalid_token']);
  expect(await client.isActive(token)).toBe(false);
  const bearer = { Authorization: `Bearer ${token}` };
  expect(verdict(await server.post('/token/introspect', { token: tokens.access }, bearer))).toEqual([
    401,
    'invalid_token',
  ]);
  const registration = await server.send('/clients', {
    method: 'POST',
    headers: { ...bearer, 'Content-Type': 'application/json' },
    body: '{"redirect_uris":["https://evil.example/cb"]}',
  });
  expect(registration.status).toBe(401);
  // Revoking it must not revoke what it names.
  expect((await client.revoke(token)).status).toBe(200);
  expect(await client.isActive(tokens.access)).toBe(true);
}

const good = () => ({ header: headerOf(tokens.access), claims: claimsOf(tokens.access) });

test('the genuine token is good, so that the rest of this file means something', async () => {
  expect((await server.userInfo(tokens.access)).body).toEqual({ sub: 'alice' });
  expect(await client.isActive(tokens.access)).toBe(true);
  expect(good().header).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
});

describe('the algorithm is ours', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', '', 'null'])('alg %j', async (alg) => {
    const { header } = good();
    const [, claims = '', signature = ''] = tokens.access.split('.');
    for (const tail of ['', signature, 'AA']) await expectWorthless(`${jwtPart({ ...header, alg })}.${claims}.${tail}`);
    await expectWorthless(`${jwtPart({ ...header, alg })}.${claims}`);
    await expectWorthless(`${jwtPart({ alg, typ: 'at+jwt' })}.${claims}.`);
  });

  test.each(['HS256', 'HS384', 'HS512'])('%s with a public key as the secret', async (alg) => {
    for (const jwk of publicKeys.filter(({ kty }) => kty === 'RSA' || kty === 'EC')) {
      const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
      const secrets = [
        key.export({ type: 'spki', format: 'pem' }),
        key.export({ type: 'spki', format: 'der' }),
        JSON.stringify(jwk),
        Buffer.from(jwk['n'] ?? jwk['x'] ?? '', 'base64url'),
        '',
      ];
      for (const secret of secrets) {
        const input = `${jwtPart({ alg, typ: 'at+jwt', kid: jwk['kid'] })}.${tokens.access.split('.')[1]}`;
        const mac = createHmac(`sha${alg.slice(2)}`, secret)
          .update(input)
          .digest('base64url');
        await expectWorthless(`${input}.${mac}`);
      }
    }
  });

  test('HS256 with the client secret, which is a key for ID tokens alone', async () => {
    const input = `${jwtPart({ alg: 'HS256', typ: 'at+jwt' })}.${tokens.access.split('.')[1]}`;
    await expectWorthless(`${input}.${createHmac('sha256', client.secret).update(input).digest('base64url')}`);
  });

  test.each([
    'RS384',
    'RS512',
    'PS256',
    'PS512',
    'ES256',
    'ES256K',
    'ES384',
    'EdDSA',
    'RS1',
    'rs256',
    'RSA-OAEP',
    'dir',
  ])('%s on an RS256 signature', async (alg) => {
    const [, claims, signature] = tokens.access.split('.');
    await expectWorthless(`${jwtPart({ ...good().header, alg })}.${claims}.${signature}`);
  });

  test('a signature of zeros, or none', async () => {
    const [header, claims] = tokens.access.split('.');
    for (const signature of ['', 'AA', 'A'.repeat(86), 'A'.repeat(342), '!', '=', '"']) {
      await expectWorthless(`${header}.${claims}.${signature}`);
    }
    // The ECDSA signature of zeros that verified everywhere in some runtimes (CVE-2022-21449).
    for (const { kid, kty, crv } of publicKeys) {
      if (kty !== 'EC') continue;
      const alg = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', secp256k1: 'ES256K' }[crv ?? ''];
      const size = { 'P-384': 96, 'P-521': 132 }[crv ?? ''] ?? 64;
      const zeros = Buffer.alloc(size).toString('base64url');
      await expectWorthless(`${jwtPart({ alg, kid, typ: 'at+jwt' })}.${claims}.${zeros}`);
    }
  });
});

describe('the key is ours', () => {
  const kidOfServer = () => String(good().header['kid']);

  test.each([
    '../../dev/null',
    '/etc/passwd',
    'file:///dev/null',
    "' OR '1'='1",
    "x' UNION SELECT 'secret'--",
    'https://evil.example/jwks.json',
    '__proto__',
    'constructor',
    'hmac',
    'refresh-token-encrypt',
    '\u0000',
    'é😀',
    '',
    'A'.repeat(7000),
  ])('kid %j', (kid) => expectWorthless(forge({ alg: 'RS256', typ: 'at+jwt', kid })));

  test.each<[unknown]>([[null], [1], [true], [[]], [{}], [['x']], [{ toString: 'x' }]])(
    'kid of another type: %j',
    async (kid) => {
      await expectWorthless(forge({ alg: 'RS256', typ: 'at+jwt', kid }));
    },
  );

  test('a kid of ours with a signature of theirs, and the other way round', async () => {
    await expectWorthless(forge({ ...good().header }));
    await expectWorthless(forge({ ...good().header, kid: 'theirs' }));
    const [, claims, signature] = tokens.access.split('.');
    for (const { kid } of publicKeys) {
      if (kid === kidOfServer()) continue;
      await expectWorthless(`${jwtPart({ ...good().header, kid })}.${claims}.${signature}`);
    }
    await expectWorthless(`${jwtPart({ alg: 'RS256', typ: 'at+jwt' })}.${claims}.${signature}`);
  });

  test('keys that the token brings along are not looked at', async () => {
    const jwks = `https://127.0.0.1:1/jwks.json`;
    for (const extra of [
      { jwk: attackerJwk },
      { jku: jwks },
      { x5u: jwks },
      { x5c: ['MIIB'] },
      { jku: jwks, jwk: attackerJwk, kid: kidOfServer() },
      { 'x5t#S256': 'x' },
      { p2c: 1_000_000_000, p2s: 'x' },
    ]) {
      const token = forge({ alg: 'RS256', typ: 'at+jwt', kid: 'theirs', ...extra });
      expect(await cpuMilliseconds(() => expectWorthless(token))).toBeLessThan(1000);
    }
  });

  test('extensions that must be understood are refused', async () => {
    const [, claims] = tokens.access.split('.');
    for (const crit of [['exp'], ['b64'], [], 'b64', null]) {
      await expectWorthless(forge({ ...good().header, crit, b64: false }));
      await expectWorthless(`${jwtPart({ ...good().header, crit })}.${claims}.${tokens.access.split('.')[2]}`);
    }
  });
});

describe('the content is ours', () => {
  test('tampered claims', async () => {
    const [header, , signature] = tokens.access.split('.');
    for (const change of [{ sub: 'bob' }, { scp: ['openid', 'admin'] }, { exp: 9_999_999_999 }, { cid: 'other' }, {}]) {
      const claims = jwtPart({ ...good().claims, ...change, extra: 1 });
      await expectWorthless(`${header}.${claims}.${signature}`);
    }
  });

  test('every flipped bit of the signature', async () => {
    const [header, claims, signature = ''] = tokens.access.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 97) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await client.isActive(`${header}.${claims}.${flipped.toString('base64url')}`)).toBe(false);
    }
  });

  test('spellings of the same token: padding, white space, more or fewer parts', async () => {
    const { access } = tokens;
    const [header, claims, signature] = access.split('.');
    for (const token of [
      `${access}=`,
      `${access}.`,
      `.${access}`,
      `${access}.${access}`,
      `${header}=.${claims}.${signature}`,
      `${header}\n.${claims}.${signature}`,
      `${header}.${claims}`,
      `${header}..${signature}`,
      `..`,
      `${header}.${claims}.${signature}.${signature}.${signature}`,
    ]) {
      expect(await client.isActive(token), token).toBe(false);
    }
  });

  test('an ID token is no access token, an access token no ID token', async () => {
    await expectWorthless(tokens.id);
    const request = { response_type: 'code', client_id: client.id, redirect_uri: client.redirectUri, scope: 'openid' };
    const hinted = async (id_token_hint: string) => {
      const query = new URLSearchParams({ ...request, id_token_hint }).toString();
      return JSON.stringify((await server.call('POST', '/authz-sessions/rest/v3', { query })).body);
    };
    expect(await hinted(tokens.id)).toContain('"type":"auth"');
    expect(await hinted(tokens.access)).toContain('error=invalid_request');
  });

  test.each(['c2id-1.0', 'c2id-1.1', 'oauth-1.0'])('neither in the profile %s', async (profile) => {
    const properties = { 'authzStore.accessToken.codec.jwt.profile': profile };
    const other = await startTestServer({ properties });
    const who = await other.register(versatile);
    const { id, access } = await who.tokens();
    expect(await who.isActive(access)).toBe(true);
    expect(await who.isActive(id)).toBe(false);
    expect(verdict(await other.userInfo(id))).toEqual([401, 'invalid_token']);
    await other.close();
  });

  test('tokens of another issuer with the very same keys', async () => {
    const elsewhere = await startTestServer({ path: '/other' });
    const { keys } = (await elsewhere.call('GET', '/jwks.json')).body;
    expect(keys).toEqual(publicKeys);
    const who = await elsewhere.register(versatile);
    const foreign = await who.tokens();
    await expectWorthless(foreign.access);
    await expectWorthless(foreign.id);
    await elsewhere.close();
  });

  test('the token ends in the very second', async () => {
    const { access } = await client.tokens({}, { sub: 'ending' });
    server.clock.advance(599);
    expect(await client.isActive(access)).toBe(true);
    server.clock.advance(1);
    expect(await client.isActive(access)).toBe(false);
    expect(verdict(await server.userInfo(access))).toEqual([401, 'invalid_token']);
  });
});
