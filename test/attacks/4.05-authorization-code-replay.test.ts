import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verdict } from '../../src/testing/caller/answer.ts';
import { type TestClient, versatile } from '../../src/testing/caller/client.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let victim: TestClient;
let stranger: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  victim = await server.register(versatile);
  stranger = await server.register(versatile);
});
afterAll(() => server.close());

const kinds = [
  { encoding: 'SELF_CONTAINED', long_lived: true },
  { encoding: 'SELF_CONTAINED', long_lived: false },
  { encoding: 'IDENTIFIER', long_lived: true },
  { encoding: 'IDENTIFIER', long_lived: false },
] as const;

describe.each(kinds)('with an access token $encoding, long-lived $long_lived', ({ encoding, long_lived }) => {
  const consent = { long_lived, access_token: { encoding } };

  async function codeOf(sub: string): Promise<string> {
    return (await victim.authorize({ prompt: 'consent' }, { sub, consent })).code;
  }

  test('a code redeemed twice is refused and revokes what it issued, and nothing else', async () => {
    const other = await victim.tokens({}, { sub: `bystander-${encoding}-${long_lived}`, consent });
    const code = await codeOf(`replay-${encoding}-${long_lived}`);
    const tokens = await victim.redeem(code);
    expect(await victim.isActive(tokens.access)).toBe(true);
    expect(tokens.access.startsWith('ey')).toBe(encoding === 'SELF_CONTAINED');

    expect(verdict(await victim.redeem(code))).toEqual([400, 'invalid_grant']);
    expect(await victim.isActive(tokens.access)).toBe(false);
    expect((await server.userInfo(tokens.access)).status).toBe(401);
    expect(verdict(await victim.refresh(tokens.refresh))).toEqual([400, 'invalid_grant']);

    expect(await victim.isActive(other.access)).toBe(true);
    expect((await victim.refresh(other.refresh)).status).toBe(200);
  });

  test('of 40 parallel redemptions at most one wins, and what it got is void', async () => {
    const code = await codeOf(`parallel-${encoding}-${long_lived}`);
    const answers = await Promise.all(Array.from({ length: 40 }, () => victim.redeem(code)));
    const won = answers.filter(({ status }) => status === 200);
    expect(won.length).toBeLessThanOrEqual(1);
    for (const lost of answers.filter(({ status }) => status !== 200)) {
      expect(verdict(lost)).toEqual([400, 'invalid_grant']);
    }
    for (const { access, refresh: token } of won) {
      expect(await victim.isActive(access)).toBe(false);
      expect(verdict(await victim.refresh(token))).toEqual([400, 'invalid_grant']);
    }
  });

  test('another client gains nothing by a code, and by replaying it revokes nothing', async () => {
    const stolen = await codeOf(`stolen-${encoding}-${long_lived}`);
    expect(verdict(await stranger.redeem(stolen))).toEqual([400, 'invalid_grant']);
    // The attempt has burnt the code, also for its owner.
    expect(verdict(await victim.redeem(stolen))).toEqual([400, 'invalid_grant']);

    const used = await codeOf(`used-${encoding}-${long_lived}`);
    const tokens = await victim.redeem(used);
    expect(verdict(await stranger.redeem(used))).toEqual([400, 'invalid_grant']);
    expect(await victim.isActive(tokens.access)).toBe(true);
    expect((await victim.refresh(tokens.refresh)).status).toBe(200);
  });

  test('a replay after the code has expired still revokes, within twice its lifetime', async () => {
    const code = await codeOf(`late-${encoding}-${long_lived}`);
    const tokens = await victim.redeem(code);
    server.clock.advance(400);
    expect(await victim.isActive(tokens.access)).toBe(true);
    expect(verdict(await victim.redeem(code))).toEqual([400, 'invalid_grant']);
    expect(await victim.isActive(tokens.access)).toBe(false);
  });
});

test('a code is void from the second in which it expires', async () => {
  const { code } = await victim.authorize({}, { sub: 'slow' });
  server.clock.advance(300);
  expect(verdict(await victim.redeem(code))).toEqual([400, 'invalid_grant']);
});

test('a failed check burns the code: there is no second guess', async () => {
  for (const wrong of [
    { redirect_uri: 'https://rp.example/other' },
    { code_verifier: 'a-verifier-that-nobody-asked-for-0123456789abc' },
  ]) {
    const { code } = await victim.authorize({}, { sub: 'burnt' });
    expect(verdict(await victim.redeem(code, wrong))).toEqual([400, 'invalid_grant']);
    expect(verdict(await victim.redeem(code))).toEqual([400, 'invalid_grant']);
  }
});

test('a code without client authentication, or with a wrong secret, is not spent', async () => {
  const { code } = await victim.authorize({}, { sub: 'unproven' });
  expect(verdict(await victim.with({ secret: 'wrong' }).redeem(code))).toEqual([401, 'invalid_client']);
  expect(verdict(await victim.with({ secret: '' }).redeem(code))).toEqual([401, 'invalid_client']);
  expect((await victim.redeem(code)).status).toBe(200);
});

test('a code is worthless once its client was removed, and unharmed by the revocation of another login', async () => {
  const client = await server.register(versatile);
  const first = await client.tokens({}, { sub: 'revoked' });
  const codes = [await client.authorize({}, { sub: 'revoked' }), await client.authorize({}, { sub: 'revoked' })];
  const [pending, lost] = codes.map(({ code }) => code);
  expect((await client.revoke(first.refresh)).status).toBe(200);
  expect((await client.redeem(pending ?? '')).status).toBe(200);
  expect((await server.call('DELETE', `/clients/${client.id}`)).status).toBe(204);
  server.clock.advance(5);
  const preferred = { preferred_client_id: client.id, preferred_client_secret: client.secret };
  const successor = await server.register({ ...versatile, ...preferred });
  expect(verdict(await successor.redeem(lost ?? ''))).toEqual([400, 'invalid_grant']);
});
