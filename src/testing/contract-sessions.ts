import { describe, expect, test } from 'vitest';
import { nothingFollows } from '../ports/stores/subject-sessions.ts';
import { atOnce, bigData, type OpenBench, oddTexts, subjectSession } from './contract-subject.ts';

/** Subject sessions. */
export function sessionContract(bench: OpenBench): void {
  describe('subject sessions', () => subjectContract(bench));
  describe('subject sessions: quota', () => quotaContract(bench));
  describe('subject sessions: listings', () => listingContract(bench));
}

const closing = { limit: 3, onExhaustion: 'close-oldest' } as const;
const denying = { limit: 3, onExhaustion: 'deny' } as const;

function subjectContract(bench: OpenBench): void {
  test('create, get, update, close; the twin tenant keeps its own', async () => {
    const { a, b, clock } = bench();
    const session = subjectSession('alice', clock.now(), { data: bigData });
    expect(await a.subjectSessions.create('k', session, closing, nothingFollows)).toEqual({
      outcome: 'created',
      closed: [],
    });
    expect(await b.subjectSessions.get('k')).toBeUndefined();
    await b.subjectSessions.create('k', subjectSession('bob', clock.now()), closing, nothingFollows);
    expect(await a.subjectSessions.get('k')).toEqual(session);
    const updated = await a.subjectSessions.update('k', (now) => ({ ...now, rps: ['c'] }));
    expect(updated).toEqual({ ...session, rps: ['c'] });
    expect(await a.subjectSessions.get('k')).toEqual(updated);
    const closure = { count: 1, sessions: [{ key: 'k', session: updated }] };
    expect(await a.subjectSessions.close({ key: 'k' }, nothingFollows)).toEqual(closure);
    expect(await a.subjectSessions.close({ key: 'k' }, nothingFollows)).toEqual({ count: 0, sessions: [] });
    expect(await a.subjectSessions.update('k', (now) => now)).toBeUndefined();
    expect(await a.subjectSessions.use('k')).toBeUndefined();
    expect((await b.subjectSessions.get('k'))?.sub).toBe('bob');
  });

  test('get does not count as a use; use and update do', async () => {
    const { a, clock } = bench();
    await a.subjectSessions.create('seen', subjectSession('a1', clock.now()), closing, nothingFollows);
    await a.subjectSessions.create('used', subjectSession('a2', clock.now()), closing, nothingFollows);
    await a.subjectSessions.create('updated', subjectSession('a3', clock.now()), closing, nothingFollows);
    clock.advance(599);
    expect(await a.subjectSessions.get('seen')).toBeDefined();
    expect((await a.subjectSessions.use('used'))?.sub).toBe('a2');
    await a.subjectSessions.update('updated', (now) => now);
    clock.advance(1);
    expect(await a.subjectSessions.get('seen')).toBeUndefined();
    expect(await a.subjectSessions.use('seen')).toBeUndefined();
    clock.advance(598);
    expect(await a.subjectSessions.get('used')).toBeDefined();
    clock.advance(1);
    expect(await a.subjectSessions.get('used')).toBeUndefined();
    expect(await a.subjectSessions.get('updated')).toBeUndefined();
  });

  test('life ends however much it is used, and negative times are unlimited', async () => {
    const { a, clock } = bench();
    const now = clock.now();
    await a.subjectSessions.create(
      'life',
      subjectSession('a1', now, { max_life: 15, max_idle: 10 }),
      closing,
      nothingFollows,
    );
    await a.subjectSessions.create(
      'idle',
      subjectSession('a2', now, { max_life: -1, max_idle: 10 }),
      closing,
      nothingFollows,
    );
    await a.subjectSessions.create(
      'ever',
      subjectSession('a3', now, { max_life: -1, max_idle: -1 }),
      closing,
      nothingFollows,
    );
    await a.subjectSessions.create(
      'long',
      subjectSession('a4', now, { max_life: 15, max_idle: -1 }),
      closing,
      nothingFollows,
    );
    clock.advance(599);
    for (const key of ['life', 'idle', 'ever', 'long']) expect(await a.subjectSessions.use(key)).toBeDefined();
    clock.advance(301);
    expect(await a.subjectSessions.get('life')).toBeUndefined();
    expect(await a.subjectSessions.get('long')).toBeUndefined();
    expect(await a.subjectSessions.get('idle')).toBeDefined();
    clock.advance(100 * 365 * 86400);
    expect(await a.subjectSessions.get('idle')).toBeUndefined();
    expect(await a.subjectSessions.use('ever')).toBeDefined();
    expect(await a.subjectSessions.count()).toBe(1);
    clock.advance(-100 * 365 * 86400);
  });

  test('concurrent updates lose nothing', async () => {
    const { a, clock } = bench();
    await a.subjectSessions.create('k', subjectSession('alice', clock.now(), { rps: [] }), closing, nothingFollows);
    await atOnce(40, (index) =>
      a.subjectSessions.update('k', (now) => ({ ...now, rps: [...(now.rps ?? []), `c${index}`] })),
    );
    expect((await a.subjectSessions.get('k'))?.rps).toHaveLength(40);
  });
}

function quotaContract(bench: OpenBench): void {
  test('the oldest go first, also within one second, all contexts together', async () => {
    const { a, b, clock } = bench();
    for (const key of ['z', 'y', 'x']) {
      await a.subjectSessions.create(key, subjectSession('alice', clock.now(), { ctx: key }), closing, nothingFollows);
      await b.subjectSessions.create(key, subjectSession('alice', clock.now()), closing, nothingFollows);
    }
    const creation = await a.subjectSessions.create('w', subjectSession('alice', clock.now()), closing, nothingFollows);
    expect(creation).toMatchObject({ outcome: 'created', closed: [{ key: 'z', session: { ctx: 'z' } }] });
    expect(await a.subjectSessions.get('z')).toBeUndefined();
    const keys = async (stores: typeof a) => (await stores.subjectSessions.listBySubject('alice')).map((s) => s.key);
    expect(await keys(a)).toEqual(['y', 'x', 'w']);
    expect(await keys(b)).toEqual(['z', 'y', 'x']);
    const lowered = { limit: 1, onExhaustion: 'close-oldest' } as const;
    const last = await a.subjectSessions.create('v', subjectSession('alice', clock.now()), lowered, nothingFollows);
    expect(last).toMatchObject({ closed: [{ key: 'y' }, { key: 'x' }, { key: 'w' }] });
    expect(await keys(a)).toEqual(['v']);
  });

  test('deny creates nothing until there is room; ended sessions do not count', async () => {
    const { a, clock } = bench();
    const create = (key: string) =>
      a.subjectSessions.create(key, subjectSession('alice', clock.now()), denying, nothingFollows);
    for (const key of ['1', '2', '3']) expect((await create(key)).outcome).toBe('created');
    expect(await create('4')).toEqual({ outcome: 'denied' });
    expect(await a.subjectSessions.get('4')).toBeUndefined();
    await a.subjectSessions.close({ key: '2' }, nothingFollows);
    expect((await create('5')).outcome).toBe('created');
    clock.advance(600);
    expect((await create('6')).outcome).toBe('created');
    expect(await a.subjectSessions.count()).toBe(1);
  });

  test('holds under concurrent creations', async () => {
    const { a, b, clock } = bench();
    const session = subjectSession('alice', clock.now());
    const denied = await atOnce(30, (index) => a.subjectSessions.create(`k${index}`, session, denying, nothingFollows));
    expect(denied.filter((answer) => answer.outcome === 'created')).toHaveLength(3);
    expect(await a.subjectSessions.listBySubject('alice')).toHaveLength(3);
    const closed = await atOnce(30, (index) => b.subjectSessions.create(`k${index}`, session, closing, nothingFollows));
    const gone = closed.flatMap((answer) => (answer.outcome === 'created' ? answer.closed : []));
    expect(new Set(gone.map((entry) => entry.key)).size).toBe(27);
    expect(gone).toHaveLength(27);
    expect(await b.subjectSessions.listBySubject('alice')).toHaveLength(3);
  });
}

function listingContract(bench: OpenBench): void {
  test('by subject, by key, subjects, counts, removal', async () => {
    const { a, b, clock } = bench();
    const add = async (key: string, sub: string) => {
      for (const stores of [a, b])
        await stores.subjectSessions.create(key, subjectSession(sub, clock.now()), closing, nothingFollows);
    };
    await add('k3', 'bob');
    await add('k1', 'alice');
    await add('k2', 'bob');
    await add('k4', 'carol');
    const store = a.subjectSessions;
    const keys = (entries: readonly { readonly key: string }[]) => entries.map((entry) => entry.key);
    expect(keys(await store.listBySubject('bob'))).toEqual(['k3', 'k2']);
    expect(keys(await store.list({ limit: 3 }))).toEqual(['k1', 'k2', 'k3']);
    expect(keys(await store.list({ limit: 3, after: 'k3' }))).toEqual(['k4']);
    expect(await store.subjects({ limit: 2 })).toEqual(['alice', 'bob']);
    expect(await store.subjects({ limit: 2, after: 'bob' })).toEqual(['carol']);
    expect([await store.count(), await store.countSubjects()]).toEqual([4, 3]);
    expect(keys((await store.close({ subject: 'bob' }, nothingFollows)).sessions)).toEqual(['k3', 'k2']);
    expect(await store.close({ subject: 'bob' }, nothingFollows)).toEqual({ count: 0, sessions: [] });
    expect(await store.subjects({ limit: 9 })).toEqual(['alice', 'carol']);
    expect(await store.close('all', nothingFollows)).toEqual({ count: 2, sessions: [] });
    expect([await store.count(), await store.countSubjects()]).toEqual([0, 0]);
    expect([await b.subjectSessions.count(), await b.subjectSessions.countSubjects()]).toEqual([4, 3]);
  });

  test('ended sessions are in no listing', async () => {
    const { a, clock } = bench();
    await a.subjectSessions.create('k', subjectSession('alice', clock.now()), closing, nothingFollows);
    clock.advance(600);
    expect(await a.subjectSessions.listBySubject('alice')).toEqual([]);
    expect(await a.subjectSessions.list({ limit: 9 })).toEqual([]);
    expect(await a.subjectSessions.subjects({ limit: 9 })).toEqual([]);
    expect(await a.subjectSessions.close({ subject: 'alice' }, nothingFollows)).toEqual({ count: 0, sessions: [] });
    expect(await a.subjectSessions.close('all', nothingFollows)).toEqual({ count: 0, sessions: [] });
    expect(await a.subjectSessions.countSubjects()).toBe(0);
  });

  test('odd subjects and keys stay apart', async () => {
    const { a, clock } = bench();
    for (const text of oddTexts) {
      const quota = { limit: 1, onExhaustion: 'deny' } as const;
      const creation = await a.subjectSessions.create(text, subjectSession(text, clock.now()), quota, nothingFollows);
      expect(creation.outcome).toBe('created');
    }
    const subjects = await a.subjectSessions.subjects({ limit: 100 });
    expect([...subjects].sort()).toEqual([...oddTexts].sort());
    for (const text of oddTexts) {
      expect(
        (await a.subjectSessions.close({ subject: text }, nothingFollows)).sessions.map((entry) => entry.key),
      ).toEqual([text]);
    }
  });
}
