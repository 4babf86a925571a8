import { describe, expect, test } from 'vitest';
import { recordKind } from '../ports/stores/records.ts';
import { atOnce, bigData, type OpenBench, oddTexts, type Ticket, ticketKind } from './contract-subject.ts';

const otherKind = recordKind<Ticket>('other ticket');

/** Short-lived records of any kind. */
export function recordContract(bench: OpenBench): void {
  describe('records', () => {
    verbContract(bench);
    onceContract(bench);
    endContract(bench);
  });
}

function verbContract(bench: OpenBench): void {
  test('create, get, replace, take, count; kinds and tenants are apart', async () => {
    const { a, b, clock } = bench();
    const until = clock.now() + 600;
    const [mine, theirs, other] = [a.records(ticketKind), b.records(ticketKind), a.records(otherKind)];
    const value = { holder: 'alice', data: bigData };
    await mine.create('k', value, until);
    expect(await theirs.get('k')).toBeUndefined();
    expect(await other.get('k')).toBeUndefined();
    await theirs.create('k', { holder: 'bob' }, until);
    await other.create('k', { holder: 'carol' }, until);
    expect(await mine.get('k')).toEqual({ version: 1, value });
    expect(await mine.replace('k', 1, { holder: 'dave' })).toBe(true);
    expect(await mine.get('k')).toEqual({ version: 2, value: { holder: 'dave' } });
    expect(await mine.replace('k', 1, { holder: 'erin' })).toBe(false);
    expect(await mine.replace('unknown', 1, { holder: 'erin' })).toBe(false);
    expect([await mine.count(), await theirs.count(), await other.count()]).toEqual([1, 1, 1]);
    expect(await mine.take('k', 1)).toBeUndefined();
    expect(await mine.take('k', 2)).toEqual({ holder: 'dave' });
    expect(await mine.take('k')).toBeUndefined();
    expect(await mine.get('k')).toBeUndefined();
    expect(await theirs.take('k')).toEqual({ holder: 'bob' });
    expect(await other.get('k')).toEqual({ version: 1, value: { holder: 'carol' } });
    expect([await mine.count(), await theirs.count(), await other.count()]).toEqual([0, 0, 1]);
  });

  test('the store of a kind may be asked for again and again', async () => {
    const { a, clock } = bench();
    await a.records(recordKind<Ticket>('again')).create('k', { holder: 'alice' }, clock.now() + 60);
    expect((await a.records(recordKind<Ticket>('again')).get('k'))?.value).toEqual({ holder: 'alice' });
  });

  test('a key that is taken is refused, also within one turn, and its neighbours are kept', async () => {
    const { a, clock } = bench();
    const records = a.records(ticketKind);
    const created = await Promise.allSettled(
      ['k1', 'k2', 'k2', 'k3'].map((key) => records.create(key, { holder: key }, clock.now() + 60)),
    );
    expect(created.map((outcome) => outcome.status).sort()).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    for (const key of ['k1', 'k2', 'k3']) expect((await records.get(key))?.value).toEqual({ holder: key });
  });

  test('odd keys stay apart', async () => {
    const { a, clock } = bench();
    for (const text of oddTexts) await a.records(ticketKind).create(text, { holder: text }, clock.now() + 60);
    for (const text of oddTexts) expect(await a.records(ticketKind).take(text)).toEqual({ holder: text });
  });
}

function onceContract(bench: OpenBench): void {
  test('of 50 parallel replacements one wins, of 50 parallel removals one is answered', async () => {
    const { a, b, clock } = bench();
    for (const stores of [a, b]) await stores.records(ticketKind).create('k', { holder: 'x' }, clock.now() + 60);
    const records = a.records(ticketKind);
    const won = await atOnce(50, (index) => records.replace('k', 1, { holder: `${index}` }));
    expect(won.filter(Boolean)).toHaveLength(1);
    const value = { holder: `${won.indexOf(true)}` };
    expect(await records.get('k')).toEqual({ version: 2, value });
    const taken = await atOnce(50, (index) => (index % 2 === 0 ? records.take('k') : records.take('k', 2)));
    expect(taken.filter((answer) => answer !== undefined)).toEqual([value]);
    expect((await b.records(ticketKind).get('k'))?.version).toBe(1);
  });

  test('of replacements and removals of one version at once exactly one succeeds', async () => {
    const { a, clock } = bench();
    const records = a.records(ticketKind);
    await records.create('k', { holder: 'x' }, clock.now() + 60);
    const outcomes = await atOnce(40, async (index) =>
      index % 2 === 0 ? records.replace('k', 1, { holder: 'y' }) : (await records.take('k', 1)) !== undefined,
    );
    expect(outcomes.filter(Boolean)).toHaveLength(1);
  });
}

function endContract(bench: OpenBench): void {
  test('ends on the exact second, and replacing does not prolong it', async () => {
    const { a, clock } = bench();
    const records = a.records(ticketKind);
    await records.create('k', { holder: 'x' }, clock.now() + 10);
    clock.advance(9);
    expect(await records.replace('k', 1, { holder: 'y' })).toBe(true);
    clock.advance(1);
    expect(await records.get('k')).toBeUndefined();
    expect(await records.replace('k', 2, { holder: 'z' })).toBe(false);
    expect([await records.take('k'), await records.take('k', 2)]).toEqual([undefined, undefined]);
    expect(await records.count()).toBe(0);
  });
}
