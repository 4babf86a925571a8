import { describe, expect, test } from 'vitest';
import { goodStanding } from '../ports/stores/revocations.ts';
import { accessToken, atOnce, bigData, type OpenBench, oddTexts, pendingCode } from './contract-subject.ts';

/** Codes, access tokens and one-time things. */
export function onceContract(bench: OpenBench): void {
  describe('codes', () => codeContract(bench));
  describe('access tokens', () => tokenContract(bench));
  describe('expended', () => expendedContract(bench));
}

function codeContract(bench: OpenBench): void {
  test('redeemed once, replayed afterwards, unknown in the twin tenant', async () => {
    const { a, b, clock } = bench();
    const now = clock.now();
    await a.codes.issue('k', pendingCode('alice'), now + 60, now + 120);
    expect(await b.codes.redeem('k')).toEqual({ outcome: 'unknown' });
    await b.codes.issue('k', pendingCode('bob'), now + 60, now + 120);
    expect([await a.codes.count(), await b.codes.count()]).toEqual([1, 1]);
    expect(await a.codes.redeem('k')).toEqual({
      outcome: 'redeemed',
      code: pendingCode('alice'),
      standing: goodStanding,
    });
    expect(await a.codes.redeem('k')).toEqual({ outcome: 'replayed', code: pendingCode('alice') });
    expect([await a.codes.count(), await b.codes.count()]).toEqual([0, 1]);
    expect(await b.codes.redeem('k')).toMatchObject({
      outcome: 'redeemed',
      code: { authorization: { subject: 'bob' } },
    });
    expect(await a.codes.redeem('never issued')).toEqual({ outcome: 'unknown' });
  });

  test('of 100 parallel redemptions one wins and 99 are replays', async () => {
    const { a, b, clock } = bench();
    const now = clock.now();
    for (const stores of [a, b]) await stores.codes.issue('k', pendingCode('alice'), now + 60, now + 120);
    const outcomes = (await atOnce(100, () => a.codes.redeem('k'))).map((answer) => answer.outcome);
    expect(outcomes.filter((outcome) => outcome === 'redeemed')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'replayed')).toHaveLength(99);
    expect((await b.codes.redeem('k')).outcome).toBe('redeemed');
  });

  test('ends on the exact second', async () => {
    const { a, clock } = bench();
    const now = clock.now();
    await a.codes.issue('early', pendingCode('alice'), now + 60, now + 120);
    await a.codes.issue('late', pendingCode('alice'), now + 60, now + 120);
    clock.advance(59);
    expect((await a.codes.redeem('early')).outcome).toBe('redeemed');
    clock.advance(1);
    expect(await a.codes.redeem('late')).toEqual({ outcome: 'unknown' });
    expect(await a.codes.count()).toBe(0);
    clock.advance(59);
    expect((await a.codes.redeem('early')).outcome).toBe('replayed');
    clock.advance(1);
    expect(await a.codes.redeem('early')).toEqual({ outcome: 'unknown' });
  });

  test('a purge between expiry and retention forgets only what ended', async () => {
    const { a, storage, clock } = bench();
    const now = clock.now();
    await a.codes.issue('spent', pendingCode('alice'), now + 60, now + 120);
    await a.codes.redeem('spent');
    clock.advance(90);
    await storage.purge();
    expect((await a.codes.redeem('spent')).outcome).toBe('replayed');
  });

  test('a key that is taken is refused, also within one turn, and its neighbours are kept', async () => {
    const { a, clock } = bench();
    const [now, code] = [clock.now(), pendingCode('alice')];
    const keys = ['k1', 'k2', 'k2', 'k3'];
    const issued = await Promise.allSettled(keys.map((key) => a.codes.issue(key, code, now + 60, now + 120)));
    expect(issued.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    for (const key of ['k1', 'k2', 'k3']) expect((await a.codes.redeem(key)).outcome).toBe('redeemed');
  });
}

function tokenContract(bench: OpenBench): void {
  test('issue, find, remove; the twin tenant keeps its own', async () => {
    const { a, b, clock } = bench();
    const exp = clock.now() + 600;
    const mine = accessToken(exp, { data: bigData, presetUserInfo: { s: 'a' } });
    await a.accessTokens.issue('k', mine);
    expect(await b.accessTokens.find('k')).toBeUndefined();
    await b.accessTokens.issue('k', accessToken(exp, { subject: 'bob' }));
    expect(await a.accessTokens.find('k')).toEqual({ token: mine, standing: goodStanding });
    expect([await a.accessTokens.count(), await b.accessTokens.count()]).toEqual([1, 1]);
    expect(await a.accessTokens.remove('k')).toBe(true);
    expect(await a.accessTokens.remove('k')).toBe(false);
    expect(await a.accessTokens.find('k')).toBeUndefined();
    expect((await b.accessTokens.find('k'))?.token.subject).toBe('bob');
  });

  test('a thousand at once are all there', async () => {
    const { a, b, clock } = bench();
    const exp = clock.now() + 600;
    await atOnce(1000, (index) => a.accessTokens.issue(`k${index}`, accessToken(exp, { id: `j${index}` })));
    expect([await a.accessTokens.count(), await b.accessTokens.count()]).toEqual([1000, 0]);
    expect((await a.accessTokens.find('k617'))?.token.id).toBe('j617');
  });

  test('ends on the exact second', async () => {
    const { a, clock } = bench();
    await a.accessTokens.issue('k', accessToken(clock.now() + 10));
    clock.advance(9);
    expect(await a.accessTokens.find('k')).toBeDefined();
    clock.advance(1);
    expect(await a.accessTokens.find('k')).toBeUndefined();
    expect(await a.accessTokens.remove('k')).toBe(false);
    expect(await a.accessTokens.count()).toBe(0);
  });

  test('odd keys and contents come back as they went in', async () => {
    const { a, b, clock } = bench();
    const exp = clock.now() + 600;
    for (const text of oddTexts)
      await a.accessTokens.issue(text, accessToken(exp, { subject: text, id: text, grantId: text }));
    for (const text of oddTexts) {
      const token = accessToken(exp, { subject: text, id: text, grantId: text });
      expect(await a.accessTokens.find(text)).toEqual({ token, standing: goodStanding });
      expect(await b.accessTokens.find(text)).toBeUndefined();
    }
  });
}

function expendedContract(bench: OpenBench): void {
  test('consumed once; the others learn when; kinds and tenants are apart', async () => {
    const { a, b, clock } = bench();
    const now = clock.now();
    expect(await a.expended.consume('jti', 'x', now + 60)).toEqual({ first: true });
    clock.advance(5);
    expect(await a.expended.consume('jti', 'x', now + 60)).toEqual({ first: false, at: now });
    expect(await a.expended.find('jti', 'x')).toBe(now);
    expect(await a.expended.find('other', 'x')).toBeUndefined();
    expect(await a.expended.consume('other', 'x', now + 60)).toEqual({ first: true });
    expect(await b.expended.consume('jti', 'x', now + 60)).toEqual({ first: true });
    expect(await a.expended.consume('a', 'b:c', now + 60)).toEqual({ first: true });
    expect(await a.expended.consume('a:b', 'c', now + 60)).toEqual({ first: true });
    expect([await a.expended.count(), await b.expended.count()]).toEqual([4, 1]);
  });

  test('of 100 at once one is first, also once an earlier entry has ended', async () => {
    const { a, clock } = bench();
    for (let round = 0; round < 2; round++) {
      const now = clock.now();
      const answers = await atOnce(100, () => a.expended.consume('jti', 'x', now + 60));
      expect(answers.filter((answer) => answer.first)).toHaveLength(1);
      expect(answers.every((answer) => answer.first || answer.at === now)).toBe(true);
      clock.advance(60);
      expect(await a.expended.find('jti', 'x')).toBeUndefined();
    }
  });

  test('a replay does not prolong the entry', async () => {
    const { a, clock } = bench();
    await a.expended.consume('jti', 'x', clock.now() + 10);
    await a.expended.consume('jti', 'x', clock.now() + 1000);
    clock.advance(9);
    expect(await a.expended.find('jti', 'x')).toBeDefined();
    clock.advance(1);
    expect(await a.expended.find('jti', 'x')).toBeUndefined();
    expect(await a.expended.count()).toBe(0);
  });

  test('odd identifiers stay apart', async () => {
    const { a, clock } = bench();
    const until = clock.now() + 60;
    for (const text of oddTexts) expect(await a.expended.consume('jti', text, until)).toEqual({ first: true });
    for (const text of oddTexts) expect((await a.expended.consume('jti', text, until)).first).toBe(false);
  });
}
