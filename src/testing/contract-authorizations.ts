import { describe, expect, test } from 'vitest';
import type { RevocationTarget } from '../domain/revocation.ts';
import { atOnce, authorization, bigData, grant, type OpenBench, oddTexts, remembered } from './contract-subject.ts';

const key = { subject: 'alice', actor: '', clientId: '123' };

/** Remembered authorizations. */
export function authorizationContract(bench: OpenBench): void {
  describe('authorizations', () => changeContract(bench));
  describe('authorizations: listings and removal', () => listingContract(bench));
}

function changeContract(bench: OpenBench): void {
  test('a change creates, then changes; actor and client tell records apart', async () => {
    const { a, b } = bench();
    const first = remembered(1, { order: { ...remembered(1).order, data: bigData } });
    expect(await a.authorizations.change(key, (now) => (now ? remembered(9) : first))).toEqual(first);
    expect((await b.authorizations.find(key)).remembered).toBeUndefined();
    const second = await a.authorizations.change(key, (now) => ({ ...(now ?? remembered(9)), updatedAt: 2 }));
    expect(second).toEqual({ ...first, updatedAt: 2 });
    expect((await a.authorizations.find(key)).remembered).toEqual(second);
    expect((await a.authorizations.find({ ...key, actor: 'bob' })).remembered).toBeUndefined();
    expect((await a.authorizations.find({ ...key, clientId: '124' })).remembered).toBeUndefined();
    expect([await a.authorizations.count(), await b.authorizations.count()]).toEqual([1, 0]);
  });

  test('find tells the latest mark against subject, actor and client as well', async () => {
    const { a, b, clock } = bench();
    const now = clock.now();
    for (const stores of [a, b]) await stores.authorizations.change(key, () => remembered(1));
    expect(await a.authorizations.find(key)).toEqual({ remembered: remembered(1), notBefore: undefined });
    await a.revocations.revoke({ subject: 'alice' }, now - 1, now + 600);
    await a.revocations.revoke({ subject: 'alice', actor: 'bob' }, now, now + 600);
    const acting = { ...key, actor: 'bob' };
    expect((await a.authorizations.find(key)).notBefore).toEqual({ at: now - 1, count: 1 });
    expect(await a.authorizations.find(acting)).toEqual({ remembered: undefined, notBefore: { at: now, count: 1 } });
    await a.revocations.revoke({}, now, now + 600);
    expect((await a.authorizations.find(key)).notBefore).toEqual({ at: now, count: 1 });
    expect((await a.authorizations.find(acting)).notBefore).toEqual({ at: now, count: 2 });
    expect((await b.authorizations.find(key)).notBefore).toBeUndefined();
  });

  test('a change that makes nothing leaves things as they are and answers them', async () => {
    const { a } = bench();
    expect(await a.authorizations.change(key, () => undefined)).toBeUndefined();
    expect((await a.authorizations.find(key)).remembered).toBeUndefined();
    await a.authorizations.change(key, () => remembered(1));
    expect(await a.authorizations.change(key, () => undefined)).toEqual(remembered(1));
    expect((await a.authorizations.find(key)).remembered).toEqual(remembered(1));
  });

  test('concurrent changes lose nothing, from the first one on', async () => {
    const { a, b } = bench();
    await atOnce(60, () => a.authorizations.change(key, (now) => remembered((now?.updatedAt ?? 0) + 1)));
    expect((await a.authorizations.find(key)).remembered?.updatedAt).toBe(60);
    expect((await b.authorizations.find(key)).remembered).toBeUndefined();
  });

  test('of many that expect the same record one wins, and a stale one never', async () => {
    const { a, b } = bench();
    for (const stores of [a, b]) await stores.authorizations.change(key, () => remembered(1));
    const written: number[] = [];
    const swap = async (expected: number, next: number) => {
      const stands = await a.authorizations.change(key, (now) =>
        now?.updatedAt === expected ? remembered(next) : undefined,
      );
      if (stands?.updatedAt === next) written.push(next);
    };
    await atOnce(100, (index) => swap(1, 100 + index));
    expect(written).toHaveLength(1);
    expect((await a.authorizations.find(key)).remembered).toEqual(remembered(written[0] ?? 0));
    await swap(1, 999);
    expect(written).toHaveLength(1);
    expect((await b.authorizations.find(key)).remembered).toEqual(remembered(1));
  });

  test('a change that throws writes nothing', async () => {
    const { a } = bench();
    const failing = a.authorizations.change(key, () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await a.authorizations.find(key)).remembered).toBeUndefined();
  });
}

const names = ['alice//1', 'alice/bob/1', 'alice//2', 'carol//1', 'dave//1'];

function keyOf(name: string) {
  const [subject = '', actor = '', clientId = ''] = name.split('/');
  return { subject, actor, clientId };
}

function nameOf(record: { readonly subject: string; readonly actor: string | undefined; readonly clientId: string }) {
  return `${record.subject}/${record.actor ?? ''}/${record.clientId}`;
}

/** A record for each name, and under each a grant `g <name>` that never ends, in both tenants. */
async function fill({ a, b }: ReturnType<OpenBench>): Promise<void> {
  for (const name of names) {
    const { subject, actor, clientId } = keyOf(name);
    const parties = { subject, actor: actor === '' ? undefined : actor, clientId };
    for (const { authorizations, grants } of [a, b]) {
      await authorizations.change(keyOf(name), () => remembered(1, parties));
      await grants.add(grant(authorization(`g ${name}`, parties)), 50);
    }
  }
}

function listingContract(bench: OpenBench): void {
  test('by subject and by client, page by page', async () => {
    const opened = bench();
    await fill(opened);
    const store = opened.a.authorizations;
    const ofClient = async (limit: number, after?: string) =>
      (await store.listByClient('1', after === undefined ? { limit } : { limit, after })).map(nameOf);
    expect((await store.listBySubject('alice')).map(nameOf)).toEqual(['alice//1', 'alice//2', 'alice/bob/1']);
    expect(await store.listBySubject('nobody')).toEqual([]);
    expect(await ofClient(2)).toEqual(['alice//1', 'alice/bob/1']);
    expect(await ofClient(9, 'alice\0')).toEqual(['alice/bob/1', 'carol//1', 'dave//1']);
    expect(await ofClient(1, 'alice')).toEqual(['carol//1']);
    expect(await ofClient(9, 'carol\0')).toEqual(['dave//1']);
  });

  const cases: readonly [RevocationTarget, readonly string[]][] = [
    [{ subject: 'alice' }, ['alice//1', 'alice//2', 'alice/bob/1']],
    [{ clientId: '1' }, ['alice//1', 'alice/bob/1', 'carol//1', 'dave//1']],
    [{ actor: 'bob' }, ['alice/bob/1']],
    [{ subject: 'alice', clientId: '1' }, ['alice//1', 'alice/bob/1']],
    [{ subject: 'alice', actor: '' }, ['alice//1', 'alice//2', 'alice/bob/1']],
    [{ subject: 'alice', actor: 'bob', clientId: '1' }, ['alice/bob/1']],
    [{ actor: 'bob', clientId: '2' }, []],
    [{ subject: 'nobody' }, []],
  ];
  test.each(cases)(
    'removal of %j answers how many went, with their grants, and nothing else goes',
    async (filter, gone) => {
      const opened = bench();
      await fill(opened);
      const { authorizations, grants } = opened.a;
      expect(await authorizations.remove(filter)).toBe(gone.length);
      expect([await authorizations.count(), await grants.count()]).toEqual([5 - gone.length, 5 - gone.length]);
      for (const name of names) {
        const found = await grants.find(`g ${name}`, keyOf(name));
        expect([found.grant === undefined, found.remembered === undefined]).toEqual(
          gone.includes(name) ? [true, true] : [false, false],
        );
      }
      expect([await opened.b.authorizations.count(), await opened.b.grants.count()]).toEqual([5, 5]);
    },
  );

  test('removal leaves in place what keeps ended grants and used numbers from coming back', async () => {
    const { a, clock } = bench();
    const until = clock.now() + 600;
    await a.authorizations.change(key, () => remembered(1));
    await a.grants.end('ended', until);
    const use = { grantId: 'own', key, rotations: 0, issuedAt: 1, rotate: true, expiresAt: until, selfContained: true };
    await a.grants.use(use);
    await a.authorizations.remove({ subject: 'alice' });
    expect((await a.grants.find('ended', key)).standing.ended).toBe(true);
    expect((await a.grants.use(use)).outcome).toBe('superseded');
  });

  test('removal takes all that there are, however many', async () => {
    const { a, clock } = bench();
    await Promise.all(
      Array.from({ length: 450 }, async (_, index) => {
        const mine = { ...key, subject: `s${index}` };
        await a.authorizations.change(mine, () => remembered(1, { subject: mine.subject }));
        await a.grants.add(grant(authorization(`g${index}`, { subject: mine.subject })), 50);
      }),
    );
    expect(await a.authorizations.remove({ clientId: key.clientId })).toBe(450);
    expect([await a.authorizations.count(), await a.grants.count()]).toEqual([0, 0]);
    expect(clock.now()).toBeGreaterThan(0);
  });

  test.each([[{}], [{ actor: '' }], [{ subject: '' }], [{ subject: 'alice', clientId: '' }]])(
    'removal of %j is refused: it would remove everything or more than was meant',
    async (filter) => {
      const opened = bench();
      await fill(opened);
      await expect(opened.a.authorizations.remove(filter)).rejects.toThrow(TypeError);
      expect(await opened.a.authorizations.count()).toBe(5);
    },
  );

  test('odd subjects stay apart', async () => {
    const { a } = bench();
    for (const subject of oddTexts) {
      await a.authorizations.change({ ...key, subject }, () => remembered(1, { subject }));
    }
    for (const subject of oddTexts) {
      expect((await a.authorizations.listBySubject(subject)).map((record) => record.subject)).toEqual([subject]);
    }
  });
}
