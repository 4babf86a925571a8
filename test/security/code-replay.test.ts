import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import {
  type AttackClient,
  authorize,
  isActive,
  login,
  redeem,
  refresh,
  registerClient,
  tokensIn,
  userInfo,
  verdict,
} from './attack-kit.ts';

let server: TestServer;
let victim: AttackClient;
let stranger: AttackClient;

beforeAll(async () => {
  server = await startTestServer();
  victim = await registerClient(server);
  stranger = await registerClient(server);
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
    return (await authorize(server, victim, { prompt: 'consent' }, { sub, consent })).code;
  }

  test('a code redeemed twice is refused and revokes what it issued, and nothing else', async () => {
    const other = await login(server, victim, { sub: `bystander-${encoding}-${long_lived}`, consent });
    const code = await codeOf(`replay-${encoding}-${long_lived}`);
    const tokens = tokensIn(await redeem(server, victim, code));
    expect(await isActive(server, victim, tokens.access)).toBe(true);
    expect(tokens.access.startsWith('ey')).toBe(encoding === 'SELF_CONTAINED');

    expect(verdict(await redeem(server, victim, code))).toEqual([400, 'invalid_grant']);
    expect(await isActive(server, victim, tokens.access)).toBe(false);
    expect((await userInfo(server, tokens.access)).status).toBe(401);
    expect(verdict(await refresh(server, victim, tokens.refresh))).toEqual([400, 'invalid_grant']);

    expect(await isActive(server, victim, other.access)).toBe(true);
    expect((await refresh(server, victim, other.refresh)).status).toBe(200);
  });

  test('of 40 parallel redemptions at most one wins, and what it got is void', async () => {
    const code = await codeOf(`parallel-${encoding}-${long_lived}`);
    const answers = await Promise.all(Array.from({ length: 40 }, () => redeem(server, victim, code)));
    const won = answers.filter(({ status }) => status === 200);
    expect(won.length).toBeLessThanOrEqual(1);
    for (const lost of answers.filter(({ status }) => status !== 200)) {
      expect(verdict(lost)).toEqual([400, 'invalid_grant']);
    }
    for (const { access, refresh: token } of won.map(tokensIn)) {
      expect(await isActive(server, victim, access)).toBe(false);
      expect(verdict(await refresh(server, victim, token))).toEqual([400, 'invalid_grant']);
    }
  });

  test('another client gains nothing by a code, and by replaying it revokes nothing', async () => {
    const stolen = await codeOf(`stolen-${encoding}-${long_lived}`);
    expect(verdict(await redeem(server, stranger, stolen))).toEqual([400, 'invalid_grant']);
    // The attempt has burnt the code, also for its owner.
    expect(verdict(await redeem(server, victim, stolen))).toEqual([400, 'invalid_grant']);

    const used = await codeOf(`used-${encoding}-${long_lived}`);
    const tokens = tokensIn(await redeem(server, victim, used));
    expect(verdict(await redeem(server, stranger, used))).toEqual([400, 'invalid_grant']);
    expect(await isActive(server, victim, tokens.access)).toBe(true);
    expect((await refresh(server, victim, tokens.refresh)).status).toBe(200);
  });

  test('a replay after the code has expired still revokes, within twice its lifetime', async () => {
    const code = await codeOf(`late-${encoding}-${long_lived}`);
    const tokens = tokensIn(await redeem(server, victim, code));
    server.clock.advance(400);
    expect(await isActive(server, victim, tokens.access)).toBe(true);
    expect(verdict(await redeem(server, victim, code))).toEqual([400, 'invalid_grant']);
    expect(await isActive(server, victim, tokens.access)).toBe(false);
  });
});

test('a code is void from the second in which it expires', async () => {
  const { code } = await authorize(server, victim, {}, { sub: 'slow' });
  server.clock.advance(300);
  expect(verdict(await redeem(server, victim, code))).toEqual([400, 'invalid_grant']);
});

test('a failed check burns the code: there is no second guess', async () => {
  for (const wrong of [
    { redirect_uri: 'https://rp.example/other' },
    { code_verifier: 'a-verifier-that-nobody-asked-for-0123456789abc' },
  ]) {
    const { code } = await authorize(server, victim, {}, { sub: 'burnt' });
    expect(verdict(await redeem(server, victim, code, wrong))).toEqual([400, 'invalid_grant']);
    expect(verdict(await redeem(server, victim, code))).toEqual([400, 'invalid_grant']);
  }
});

test('a code without client authentication, or with a wrong secret, is not spent', async () => {
  const { code } = await authorize(server, victim, {}, { sub: 'unproven' });
  expect(verdict(await redeem(server, { ...victim, secret: 'wrong' }, code))).toEqual([401, 'invalid_client']);
  expect(verdict(await redeem(server, { ...victim, secret: '' }, code))).toEqual([401, 'invalid_client']);
  expect((await redeem(server, victim, code)).status).toBe(200);
});

test('a code of a session is worthless once the authorisation was revoked', async () => {
  const first = await login(server, victim, { sub: 'revoked' });
  const { code } = await authorize(server, victim, {}, { sub: 'revoked' });
  const form = new URLSearchParams({ token: first.refresh });
  const credentials = Buffer.from(`${victim.id}:${victim.secret}`).toString('base64');
  const headers = { Authorization: `Basic ${credentials}` };
  expect((await fetch(`${server.issuer}/token/revoke`, { method: 'POST', headers, body: form })).status).toBe(200);
  expect(verdict(await redeem(server, victim, code))).toEqual([400, 'invalid_grant']);
});
