import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { claimsOf } from '../../src/testing/caller/jwt.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/**
 * RFC 9700, section 4.6: an access token that was issued to a client of the attacker is put into a sign-in at another client, to be
 * taken there for the victim who gave it.
 */

let server: TestServer;
let app: TestClient;
let thief: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  app = await server.register(versatile);
  thief = await server.register(versatile);
});
afterAll(() => server.close());

const leftHalf = (token: string) => createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url');

test.each(['SELF_CONTAINED', 'IDENTIFIER'])(
  'the ID token names the %s access token that it came with, and no other',
  async (encoding) => {
    const consent = { access_token: { encoding } };
    const own = await app.tokens({ prompt: 'consent' }, { sub: 'attacker', consent });
    const injected = await thief.tokens({ prompt: 'consent' }, { sub: 'victim', consent });
    const { at_hash: hash, aud } = claimsOf(own.id);
    expect([hash, aud]).toEqual([leftHalf(own.access), app.id]);
    expect(hash).not.toBe(leftHalf(injected.access));
  },
);

test.each(['SELF_CONTAINED', 'IDENTIFIER'])(
  'whoever asks about a %s token is told to whom it was issued',
  async (encoding) => {
    const consent = { access_token: { encoding } };
    const { access } = await thief.tokens({ prompt: 'consent' }, { sub: 'victim', consent });
    expect((await app.introspect(access)).body).toMatchObject({ active: true, client_id: thief.id, sub: 'victim' });
  },
);

test('no access token comes by the front channel, where it could be exchanged for another', async () => {
  for (const response_type of ['token', 'id_token token', 'code token', 'code id_token token']) {
    const { params, uri } = await app.login({ response_type, nonce: 'n' });
    expect(params.get('error')).toBe('unsupported_response_type');
    expect(uri).not.toContain('access_token=');
  }
});

test('a token of another client is no credential at the endpoints of clients', async () => {
  const { access } = await thief.tokens({ prompt: 'consent' }, { sub: 'victim' });
  const bearer = { Authorization: `Bearer ${access}` };
  for (const path of ['/token', '/token/revoke']) {
    const answer = await server.post(path, { grant_type: 'client_credentials', client_id: app.id, token: 'x' }, bearer);
    expect(verdict(answer)).toEqual([401, 'invalid_client']);
  }
});
