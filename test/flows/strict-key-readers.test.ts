import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { openMemoryStorage } from '../../src/storage/memory/open-memory.ts';
import { versatile } from '../../src/testing/caller/client.ts';
import { claimsOf, headerOf } from '../../src/testing/caller/jwt.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/** Keys of the server's own making, not those that all tests share. */
const clock = createFakeClock();
const storage = openMemoryStorage({ clock });
const stored = { 'keyStore.staticJWKSet.op': '' };
const withES256K = { ...stored, 'op.idToken.jwsAlgs': 'RS256 ES256K' };
const start = (properties: Readonly<Record<string, string>> = stored) =>
  startTestServer({ clock, storage, properties });

/** What go-jose, on which go-oidc is built, can read; it refuses the whole set for any other key. */
const known = new Set(['RSA', 'P-256', 'P-384', 'P-521', 'Ed25519']);

async function published(server: TestServer): Promise<readonly JsonObject[]> {
  const { keys } = (await server.send('/jwks.json')).body;
  return Array.isArray(keys) ? keys.filter(isJsonObject) : [];
}

const kindsOf = (keys: readonly JsonObject[]) => keys.map(({ kty, crv }) => String(crv ?? kty)).sort();
const idTokenOf = async (server: TestServer, members = {}) => {
  const tokens = await (await server.register({ ...versatile, ...members })).tokens();
  return String(tokens.body['id_token']);
};

let server: TestServer;
beforeAll(async () => {
  server = await start();
});
afterAll(() => server.close());

describe('the published keys', () => {
  test('are those that an algorithm in use needs, each with its only algorithm, and none for encryption', async () => {
    const keys = await published(server);
    expect(kindsOf(keys)).toEqual([...known].sort());
    const algs: Readonly<Record<string, string>> = {
      'P-256': 'ES256',
      'P-384': 'ES384',
      'P-521': 'ES512',
      Ed25519: 'EdDSA',
    };
    for (const { use, alg, crv } of keys) expect([use, alg]).toEqual(['sig', algs[String(crv)]]);
  });

  test('of a static set are chosen likewise', async () => {
    const other = await startTestServer({ properties: { 'op.idToken.jwsAlgs': 'ES384' } });
    // The access tokens are signed by RS256.
    expect(kindsOf(await published(other))).toEqual(['P-384', 'RSA']);
    await other.close();
  });

  test('get one that a setting asks for later, and lose it again', async () => {
    const kids = (await published(server)).map(({ kid }) => kid);
    const later = await start(withES256K);
    const keys = await published(later);
    expect(kindsOf(keys)).toEqual(['RSA', 'secp256k1']);
    const token = await idTokenOf(later, { id_token_signed_response_alg: 'ES256K' });
    expect(keys.find(({ kid }) => kid === headerOf(token)['kid'])).toMatchObject({ crv: 'secp256k1', alg: 'ES256K' });
    await later.close();
    const again = await start();
    expect((await published(again)).map(({ kid }) => kid)).toEqual(kids);
    await again.close();
  });
});

const directory = mkdtempSync(join(tmpdir(), 'tessera-go-oidc-'));
afterAll(() => rmSync(directory, { recursive: true }));
const program = join(directory, 'strict');
const missing = build();

/** Why there is no program; nothing when there is one. */
function build(): string | undefined {
  const source = join(import.meta.dirname, '../fixtures/go-oidc');
  const { error, status, stderr } = spawnSync('go', ['build', '-o', program, '.'], { cwd: source, encoding: 'utf8' });
  if (error) return 'go is not installed; to run these tests: apt-get install golang-go';
  return status === 0
    ? undefined
    : `go-oidc could not be built, which needs Go 1.22 and a Go module proxy: ${stderr.trim().split('\n').at(-1)}`;
}

if (missing !== undefined) describe.skip(`go-oidc (${missing})`);
else {
  describe('go-oidc', () => {
    const verify = (issuer: string, token: string) => promisify(execFile)(program, [issuer, token]);

    test.each(['RS256', 'ES256'])('verifies an ID token by %s', async (alg) => {
      const token = await idTokenOf(server, { id_token_signed_response_alg: alg });
      // It takes RS256 alone where discovery does not say more.
      expect((await verify(server.issuer, token)).stdout).toBe(claimsOf(token)['sub']);
    });

    test('refuses the whole set for a key of secp256k1: the test tells the difference', async () => {
      const other = await start(withES256K);
      await expect(verify(other.issuer, await idTokenOf(other))).rejects.toThrow(/unsupported elliptic curve|curve/);
      await other.close();
    });
  });
}
