import { describe, expect, test } from 'vitest';
import { type FollowSessions, nothingFollows } from '../ports/stores/subject-sessions.ts';
import { atOnce, type OpenBench, subjectSession, ticketKind } from './contract-subject.ts';

/** What is written when sessions end, by closing or by themselves. */
export function sessionEndContract(bench: OpenBench): void {
  describe('subject sessions: what follows from their closing', () => closingContract(bench));
  describe('subject sessions: what follows from their expiry', () => expiryContract(bench));
}

const closing = { limit: 3, onExhaustion: 'close-oldest' } as const;

/** A ticket for each session, under its key. */
function ticketsUntil(expiresAt: number): FollowSessions {
  return (ended) =>
    ended.map(({ key, session }) => ({ kind: ticketKind.name, key, value: { holder: session.sub }, expiresAt }));
}

function refuse(): never {
  throw new Error('no');
}

/** Three sessions in each tenant: two of alice, one of bob. */
async function openSessions(bench: OpenBench) {
  const { a, b, clock, storage, tids } = bench();
  for (const { subjectSessions } of [a, b]) {
    for (const key of ['k1', 'k2', 'k3']) {
      const sub = key === 'k3' ? 'bob' : 'alice';
      await subjectSessions.create(key, subjectSession(sub, clock.now()), closing, nothingFollows);
    }
  }
  const [mine, theirs] = [a.records(ticketKind), b.records(ticketKind)];
  const holders = async () => {
    const found = await Promise.all(['k1', 'k2', 'k3'].map((key) => mine.get(key)));
    return found.map((record) => record?.value.holder);
  };
  return { a, b, clock, storage, tids, mine, theirs, holders, tickets: ticketsUntil(clock.now() + 6000) };
}

function closingContract(bench: OpenBench): void {
  test('is on record for whatever closes them, in this tenant only', async () => {
    const { a, holders, tickets, theirs, clock } = await openSessions(bench);
    await a.subjectSessions.close({ key: 'k1' }, tickets);
    expect(await holders()).toEqual(['alice', undefined, undefined]);
    await a.subjectSessions.close({ subject: 'alice' }, tickets);
    expect(await holders()).toEqual(['alice', 'alice', undefined]);
    const quota = { limit: 1, onExhaustion: 'close-oldest' } as const;
    await a.subjectSessions.create('k4', subjectSession('bob', clock.now()), quota, tickets);
    expect(await holders()).toEqual(['alice', 'alice', 'bob']);
    await a.subjectSessions.close('all', tickets);
    expect(await a.records(ticketKind).get('k4')).toEqual({ version: 1, value: { holder: 'bob' } });
    expect(await theirs.count()).toBe(0);
  });

  test('is asked for only where something ended', async () => {
    const { a, clock } = await openSessions(bench);
    expect((await a.subjectSessions.close({ key: 'unknown' }, refuse)).count).toBe(0);
    expect((await a.subjectSessions.close({ subject: 'unknown' }, refuse)).count).toBe(0);
    const creation = await a.subjectSessions.create('k4', subjectSession('bob', clock.now()), closing, refuse);
    expect(creation).toEqual({ outcome: 'created', closed: [] });
    await a.subjectSessions.close('all', nothingFollows);
    expect((await a.subjectSessions.close('all', refuse)).count).toBe(0);
  });

  test('cannot be said: nothing is closed and nothing created', async () => {
    const { a, clock } = await openSessions(bench);
    const quota = { limit: 1, onExhaustion: 'close-oldest' } as const;
    for (const attempt of [
      () => a.subjectSessions.close({ key: 'k1' }, refuse),
      () => a.subjectSessions.close({ subject: 'alice' }, refuse),
      () => a.subjectSessions.close('all', refuse),
      () => a.subjectSessions.create('k4', subjectSession('bob', clock.now()), quota, refuse),
    ]) {
      await expect(attempt()).rejects.toThrow('no');
    }
    expect((await a.subjectSessions.list({ limit: 9 })).map(({ key }) => key)).toEqual(['k1', 'k2', 'k3']);
  });

  test('is not written over what is on record', async () => {
    const { a, holders, mine, tickets, clock } = await openSessions(bench);
    await mine.create('k1', { holder: 'first' }, clock.now() + 60);
    await a.subjectSessions.close({ subject: 'alice' }, tickets);
    expect(await holders()).toEqual(['first', 'alice', undefined]);
    expect(await a.subjectSessions.count()).toBe(1);
  });

  test('is said of each session once, however many close it', async () => {
    const { a, tickets } = await openSessions(bench);
    const closures = await atOnce(40, (index) => {
      if (index % 2 === 0) return a.subjectSessions.close({ subject: 'alice' }, tickets);
      return index % 3 === 0
        ? a.subjectSessions.close('all', tickets)
        : a.subjectSessions.close({ key: 'k1' }, tickets);
    });
    expect(closures.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  });
}

function expiryContract(bench: OpenBench): void {
  test('is said of sessions that end by themselves when the purge finds them', async () => {
    const { clock, storage, holders, theirs, tids, a } = await openSessions(bench);
    await a.subjectSessions.create(
      'late',
      subjectSession('carol', clock.now(), { max_idle: 60 }),
      closing,
      nothingFollows,
    );
    clock.advance(600);
    expect(await a.subjectSessions.get('k1')).toBeUndefined();
    expect(await a.subjectSessions.listBySubject('alice')).toEqual([]);
    const until = clock.now() + 60;
    await storage.purge((tid, ended) => (tid === tids[0] ? ticketsUntil(until)(ended) : []));
    expect(await holders()).toEqual(['alice', 'alice', 'bob']);
    expect(await a.records(ticketKind).get('late')).toBeUndefined();
    expect(await theirs.count()).toBe(0);
    const again: string[] = [];
    await storage.purge((tid, ended) => {
      again.push(...ended.map(({ key }) => `${tid} ${key}`));
      return [];
    });
    expect(again).toEqual([]);
  });

  test('of more sessions than a page has is all there', async () => {
    const { a, clock, mine, tickets, storage } = await openSessions(bench);
    const wide = { limit: 3000, onExhaustion: 'deny' } as const;
    await atOnce(1200, (index) =>
      a.subjectSessions.create(`m${index}`, subjectSession(`s${index % 7}`, clock.now()), wide, nothingFollows),
    );
    expect(await a.subjectSessions.close('all', tickets)).toEqual({ count: 1203, sessions: [] });
    expect([await a.subjectSessions.count(), await mine.count()]).toEqual([0, 1203]);
    await atOnce(1200, (index) =>
      a.subjectSessions.create(`n${index}`, subjectSession(`s${index % 7}`, clock.now()), wide, nothingFollows),
    );
    clock.advance(600);
    await storage.purge((_, ended) => ticketsUntil(clock.now() + 60)(ended));
    expect(await mine.get('n1199')).toEqual({ version: 1, value: { holder: 's2' } });
    expect(await mine.count()).toBeGreaterThanOrEqual(2403);
  });
}
