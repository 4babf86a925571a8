import { describe, expect, test } from 'vitest';
import type { RefreshOutcome, RefreshUse } from '../ports/stores/grants.ts';
import { goodStanding } from '../ports/stores/revocations.ts';
import type { TenantStores } from '../ports/stores/stores.ts';
import { atOnce, authorization, bigData, grant, type OpenBench, oddTexts, remembered } from './contract-subject.ts';

const key = { subject: 'alice', actor: '', clientId: '123' };

/** Grants and the state of their refresh tokens. */
export function grantContract(bench: OpenBench): void {
  describe('grants', () => keepContract(bench));
  describe('grants: cap', () => capContract(bench));
  describe('grants: use', () => useContract(bench));
  describe('grants: self-contained', () => selfContainedContract(bench));
  describe('grants: end', () => endContract(bench));
}

/** The use of a stored grant's token without end that rotates. */
function useOf(grantId: string, rotations: number, more: Partial<RefreshUse> = {}): RefreshUse {
  return { grantId, key, rotations, issuedAt: 1, rotate: true, expiresAt: undefined, selfContained: false, ...more };
}

function keepContract(bench: OpenBench): void {
  test('find answers grant, agreement and standing; the twin tenant keeps its own', async () => {
    const { a, b, clock } = bench();
    const now = clock.now();
    const stored = grant(authorization('g', { data: bigData, scope: ['openid', 'email'], actor: undefined }));
    await a.grants.add(stored, 50);
    const state = { rotations: 0, issuedAt: now, usedAt: now };
    const found = { grant: stored, state, remembered: undefined, standing: goodStanding };
    expect(await a.grants.find('g', key)).toEqual(found);
    await a.authorizations.change(key, () => remembered(7));
    expect(await a.grants.find('g', key)).toEqual({ ...found, remembered: remembered(7) });
    expect(await a.grants.find('g', { ...key, clientId: 'other' })).toEqual(found);
    const nothing = { grant: undefined, state: undefined, remembered: undefined, standing: goodStanding };
    expect(await a.grants.find('unknown', key)).toEqual({ ...nothing, remembered: remembered(7) });
    expect(await b.grants.find('g', key)).toEqual(nothing);
    expect([await a.grants.count(), await b.grants.count()]).toEqual([1, 0]);
  });

  test('find tells what the marks say', async () => {
    const { a, b, clock } = bench();
    const now = clock.now();
    for (const stores of [a, b]) await stores.grants.add(grant(authorization('g')), 50);
    await a.revocations.revoke({ subject: 'alice' }, now, now + 600);
    await a.revocations.revoke({ clientId: '123' }, now, now + 600);
    const found = await a.grants.find('g', key);
    expect(found.standing).toEqual({ ended: false, notBefore: { at: now, count: 2 } });
    expect(found.grant?.authorization.grantId).toBe('g');
    expect((await b.grants.find('g', key)).standing).toEqual(goodStanding);
  });

  test.each([
    ['by lifetime', { refreshExpiresAt: 10 }, { refreshTokenMaxIdle: 0 }, 10],
    ['by idle time', { refreshExpiresAt: undefined }, { refreshTokenMaxIdle: 5 }, 5],
    ['by whichever comes first', { refreshExpiresAt: 10 }, { refreshTokenMaxIdle: 20 }, 10],
  ] as const)('ends on the exact second %s', async (_, { refreshExpiresAt }, order, life) => {
    const { a, clock } = bench();
    const end = refreshExpiresAt === undefined ? undefined : clock.now() + refreshExpiresAt;
    await a.grants.add(grant(authorization('g', order), { refreshExpiresAt: end }), 50);
    clock.advance(life - 1);
    expect((await a.grants.find('g', key)).grant).toBeDefined();
    clock.advance(1);
    expect(await a.grants.find('g', key)).toMatchObject({ grant: undefined, state: undefined, standing: goodStanding });
    expect((await a.grants.use(useOf('g', 0))).outcome).toBe('ended');
    expect(await a.grants.count()).toBe(0);
  });

  test('a grant that is on record is not replaced', async () => {
    const { a } = bench();
    await a.grants.add(grant(authorization('g')), 50);
    await a.grants.use(useOf('g', 0));
    await a.grants.add(grant(authorization('g'), { secretDigest: 'other' }), 50);
    const found = await a.grants.find('g', key);
    expect([found.grant?.secretDigest, found.state?.rotations]).toEqual(['digest', 1]);
    expect(await a.grants.count()).toBe(1);
  });

  test('hundreds of one turn are all there', async () => {
    const { a, b } = bench();
    await atOnce(600, (index) => a.grants.add(grant(authorization(`g${index}`, { subject: `s${index % 300}` })), 50));
    expect([await a.grants.count(), await b.grants.count()]).toEqual([600, 0]);
    expect((await a.grants.find('g417', { ...key, subject: 's117' })).grant?.authorization.subject).toBe('s117');
  });

  test('odd IDs and contents come back as they went in', async () => {
    const { a, b } = bench();
    const odd = (text: string) => grant(authorization(text, { subject: text, clientId: text, actor: text }));
    for (const text of oddTexts) await a.grants.add(odd(text), 1);
    for (const text of oddTexts) {
      const parties = { subject: text, actor: text, clientId: text };
      expect((await a.grants.find(text, parties)).grant).toEqual(odd(text));
      expect((await b.grants.find(text, parties)).grant).toBeUndefined();
    }
  });
}

/** Which of `count` grants `g0`, `g1` ... are on record. */
async function present({ grants }: TenantStores, count: number): Promise<number[]> {
  const there: number[] = [];
  for (let index = 0; index < count; index++) {
    if ((await grants.find(`g${index}`, key)).grant) there.push(index);
  }
  return there;
}

function capContract(bench: OpenBench): void {
  test('beyond the limit those unused for longest go, and no others', async () => {
    const { a, b, clock } = bench();
    await a.grants.add(grant(authorization('other client', { clientId: '124' })), 3);
    await a.grants.add(grant(authorization('other actor', { actor: 'bob' })), 3);
    for (const stores of [a, b]) {
      for (let index = 0; index < 3; index++) {
        await stores.grants.add(grant(authorization(`g${index}`)), 3);
        clock.advance(1);
      }
    }
    await a.grants.use(useOf('g0', 0));
    clock.advance(1);
    await a.grants.add(grant(authorization('g3')), 3);
    clock.advance(1);
    expect(await present(a, 4)).toEqual([0, 2, 3]);
    await a.grants.use(useOf('g2', 0, { rotate: false }));
    clock.advance(1);
    await a.grants.add(grant(authorization('g4')), 3);
    expect(await present(a, 5)).toEqual([2, 3, 4]);
    expect(await present(b, 5)).toEqual([0, 1, 2]);
    expect((await a.grants.find('other client', { ...key, clientId: '124' })).grant).toBeDefined();
    expect((await a.grants.find('other actor', { ...key, actor: 'bob' })).grant).toBeDefined();
    // What went has no more tokens, but was not revoked.
    expect(await a.grants.use(useOf('g1', 0))).toEqual({ outcome: 'ended' });
    expect((await a.grants.find('g1', key)).standing).toEqual(goodStanding);
  });

  test('neither ended nor expired grants count, nor what self-contained tokens leave', async () => {
    const { a, clock } = bench();
    const until = clock.now() + 600;
    await a.grants.add(grant(authorization('g0')), 2);
    clock.advance(1);
    await a.grants.add(grant(authorization('gone', { refreshTokenMaxIdle: 5 })), 2);
    clock.advance(5);
    for (let index = 0; index < 5; index++) {
      await a.grants.end(`ended ${index}`, until);
      await a.grants.use(useOf(`own ${index}`, 0, { selfContained: true, expiresAt: until }));
    }
    await a.grants.add(grant(authorization('g1')), 2);
    expect(await present(a, 2)).toEqual([0, 1]);
    expect((await a.grants.use(useOf('own 0', 1, { selfContained: true, expiresAt: until }))).outcome).toBe('used');
  });

  test('holds under concurrent additions', async () => {
    const { a, clock } = bench();
    await atOnce(40, (index) => a.grants.add(grant(authorization(`g${index}`)), 5));
    clock.advance(1);
    await a.grants.add(grant(authorization('g40')), 5);
    expect(await a.grants.count()).toBe(5);
    expect((await a.grants.find('g40', key)).grant).toBeDefined();
  });
}

function useContract(bench: OpenBench): void {
  test('rotation counts, and a number that was rotated away is superseded', async () => {
    const { a, b, clock } = bench();
    for (const stores of [a, b]) await stores.grants.add(grant(authorization('g')), 50);
    clock.advance(5);
    const state = { rotations: 1, issuedAt: clock.now(), usedAt: clock.now() };
    expect(await a.grants.use(useOf('g', 0))).toEqual({ outcome: 'used', state });
    expect((await a.grants.find('g', key)).state).toEqual(state);
    clock.advance(5);
    expect(await a.grants.use(useOf('g', 0))).toEqual({ outcome: 'superseded', state });
    expect(await a.grants.use(useOf('g', 0, { rotate: false }))).toEqual({ outcome: 'superseded', state });
    expect((await a.grants.find('g', key)).state).toEqual(state);
    expect((await a.grants.use(useOf('g', 1))).outcome).toBe('used');
    expect((await a.grants.find('g', key)).state?.rotations).toBe(2);
    expect((await b.grants.find('g', key)).state?.rotations).toBe(0);
  });

  test('without rotation only the time of use moves', async () => {
    const { a, clock } = bench();
    const issuedAt = clock.now();
    await a.grants.add(grant(authorization('g')), 50);
    for (let turn = 0; turn < 2; turn++) {
      clock.advance(5);
      const state = { rotations: 0, issuedAt, usedAt: clock.now() };
      expect(await a.grants.use(useOf('g', 0, { rotate: false }))).toEqual({ outcome: 'used', state });
    }
  });

  test('of 100 parallel uses of one number one rotates, the others are superseded', async () => {
    const { a, b } = bench();
    for (const stores of [a, b]) await stores.grants.add(grant(authorization('g')), 50);
    for (let rotations = 0; rotations < 2; rotations++) {
      expect(wordsOf(await atOnce(100, () => a.grants.use(useOf('g', rotations))))).toEqual({
        used: 1,
        superseded: 99,
      });
    }
    expect((await a.grants.find('g', key)).state?.rotations).toBe(2);
    expect((await b.grants.find('g', key)).state?.rotations).toBe(0);
  });

  test('a use gives the record its new end', async () => {
    const { a, clock } = bench();
    await a.grants.add(grant(authorization('g', { refreshTokenMaxIdle: 10 })), 50);
    clock.advance(9);
    expect((await a.grants.use(useOf('g', 0, { expiresAt: clock.now() + 10 }))).outcome).toBe('used');
    clock.advance(9);
    expect((await a.grants.use(useOf('g', 1, { expiresAt: clock.now() + 10, rotate: false }))).outcome).toBe('used');
    clock.advance(10);
    expect((await a.grants.use(useOf('g', 1, { expiresAt: clock.now() + 10 }))).outcome).toBe('ended');
  });

  test('a grant that was never added cannot be used', async () => {
    const { a } = bench();
    expect(await a.grants.use(useOf('unknown', 0))).toEqual({ outcome: 'ended' });
    expect((await a.grants.find('unknown', key)).state).toBeUndefined();
  });
}

function selfContainedContract(bench: OpenBench): void {
  test('nothing is on record before the first use, whatever its number', async () => {
    const { a, b, clock } = bench();
    const until = clock.now() + 600;
    const own = { selfContained: true, expiresAt: until, issuedAt: clock.now() - 100 };
    const state = { rotations: 4, issuedAt: clock.now(), usedAt: clock.now() };
    expect(await a.grants.use(useOf('own', 3, own))).toEqual({ outcome: 'used', state });
    const found = { grant: undefined, state, remembered: undefined, standing: goodStanding };
    expect(await a.grants.find('own', key)).toEqual(found);
    expect(await a.grants.use(useOf('own', 3, own))).toEqual({ outcome: 'superseded', state });
    expect(await b.grants.find('own', key)).toMatchObject({ state: undefined });
    expect((await b.grants.use(useOf('own', 3, own))).outcome).toBe('used');
    expect(await a.grants.count()).toBe(0);
  });

  test('of 100 parallel uses one rotates, from the first number on', async () => {
    const { a, clock } = bench();
    const own = { selfContained: true, expiresAt: clock.now() + 600 };
    for (let rotations = 0; rotations < 2; rotations++) {
      const outcomes = await atOnce(100, () => a.grants.use(useOf('own', rotations, own)));
      expect(wordsOf(outcomes)).toEqual({ used: 1, superseded: 99 });
    }
  });

  test('without rotation the time of issue is that of the token', async () => {
    const { a, clock } = bench();
    const issuedAt = clock.now() - 100;
    const own = { selfContained: true, expiresAt: clock.now() + 600, issuedAt, rotate: false };
    for (let turn = 0; turn < 2; turn++) {
      const state = { rotations: 2, issuedAt, usedAt: clock.now() };
      expect(await a.grants.use(useOf('own', 2, own))).toEqual({ outcome: 'used', state });
      clock.advance(5);
    }
  });

  test('the record goes when nothing needs it any more', async () => {
    const { a, clock } = bench();
    await a.grants.use(useOf('own', 0, { selfContained: true, expiresAt: clock.now() + 10 }));
    clock.advance(10);
    expect((await a.grants.find('own', key)).state).toBeUndefined();
  });
}

function endContract(bench: OpenBench): void {
  test('ends a stored grant, in this tenant only', async () => {
    const { a, b, clock } = bench();
    const now = clock.now();
    for (const stores of [a, b]) await stores.grants.add(grant(authorization('g')), 50);
    await a.grants.end('g', now + 100);
    const found = await a.grants.find('g', key);
    expect([found.grant, found.state]).toEqual([undefined, undefined]);
    expect(found.standing).toEqual({ ended: true, notBefore: undefined });
    expect(await a.grants.use(useOf('g', 0))).toEqual({ outcome: 'ended' });
    expect([await a.grants.count(), await b.grants.count()]).toEqual([0, 1]);
    expect((await b.grants.find('g', key)).standing.ended).toBe(false);
  });

  test('ends what is not on record, also for what is added or used later', async () => {
    const { a, clock } = bench();
    const own = { selfContained: true, expiresAt: clock.now() + 600 };
    await a.grants.end('g', clock.now() + 100);
    await a.grants.end('own', clock.now() + 100);
    await a.grants.add(grant(authorization('g')), 50);
    expect((await a.grants.find('g', key)).grant).toBeUndefined();
    expect((await a.grants.find('g', key)).standing.ended).toBe(true);
    expect(await a.grants.use(useOf('own', 0, own))).toEqual({ outcome: 'ended' });
    expect(await a.grants.count()).toBe(0);
  });

  test('ends the counter of a self-contained token', async () => {
    const { a, clock } = bench();
    const own = { selfContained: true, expiresAt: clock.now() + 600 };
    await a.grants.use(useOf('own', 0, own));
    await a.grants.end('own', clock.now() + 600);
    expect(await a.grants.use(useOf('own', 1, own))).toEqual({ outcome: 'ended' });
  });

  test('is remembered for the longest time that was asked for', async () => {
    const { a, clock } = bench();
    await a.grants.end('g', clock.now() + 100);
    await a.grants.end('g', clock.now() + 10);
    await a.grants.end('h', clock.now() + 10);
    await a.grants.end('h', clock.now() + 100);
    clock.advance(99);
    expect([await ended(a, 'g'), await ended(a, 'h')]).toEqual([true, true]);
    clock.advance(1);
    expect([await ended(a, 'g'), await ended(a, 'h')]).toEqual([false, false]);
  });

  test('of end and use at once the end stays, whoever came first', async () => {
    const { a, clock } = bench();
    const until = clock.now() + 600;
    await atOnce<unknown>(60, (index) => {
      if (index % 20 === 7) return a.grants.end('g', until);
      return index % 2 === 0
        ? a.grants.add(grant(authorization('g')), 50)
        : a.grants.use(useOf('g', index, { selfContained: true, expiresAt: until }));
    });
    expect(await ended(a, 'g')).toBe(true);
    expect(await a.grants.use(useOf('g', 99, { selfContained: true }))).toEqual({ outcome: 'ended' });
  });
}

async function ended({ grants }: TenantStores, grantId: string): Promise<boolean> {
  return (await grants.find(grantId, key)).standing.ended;
}

function wordsOf(outcomes: readonly RefreshOutcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
