import { describe, expect, test } from 'vitest';
import type { RefreshOutcome, RefreshUse } from '../ports/stores/grants.ts';
import { goodStanding } from '../ports/stores/revocations.ts';
import type { TenantStores } from '../ports/stores/stores.ts';
import { atOnce, authorization, grant, type OpenBench } from './contract-subject.ts';

/** The key of the grants of the tests. */
export const grantKey = { subject: 'alice', actor: '', clientId: '123' };
const key = grantKey;

/** The use and the end of refresh tokens. */
export function refreshContract(bench: OpenBench): void {
  describe('grants: use', () => useContract(bench));
  describe('grants: self-contained', () => selfContainedContract(bench));
  describe('grants: end', () => endContract(bench));
}

/** The use of a stored grant's token without end that rotates. */
export function useOf(grantId: string, rotations: number, more: Partial<RefreshUse> = {}): RefreshUse {
  return { grantId, key, rotations, issuedAt: 1, rotate: true, expiresAt: undefined, selfContained: false, ...more };
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
    const found = { grant: undefined, state, session: undefined, remembered: undefined, standing: goodStanding };
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
