import { describe, expect, test } from 'vitest';
import { atOnce, authorization, bigData, client, type OpenBench, oddTexts } from './contract-subject.ts';

/** Clients, remembered authorisations and keys. */
export function durableContract(bench: OpenBench): void {
  describe('clients', () => clientContract(bench));
  describe('authorizations', () => authorizationContract(bench));
  describe('authorizations: listings and removal', () => authorizationListings(bench));
  describe('keys', () => keyContract(bench));
}

function clientContract(bench: OpenBench): void {
  test('insert, get, remove; the twin tenant keeps its own', async () => {
    const { a, b } = bench();
    const mine = client('c1', { client_secret: 'mine', metadata: { data: bigData } });
    expect(await a.clients.insert(mine)).toBe(true);
    expect(await b.clients.get('c1')).toBeUndefined();
    expect(await b.clients.insert(client('c1', { client_secret: 'other' }))).toBe(true);
    expect(await a.clients.get('c1')).toEqual(mine);
    expect(await a.clients.insert(client('c1', { client_secret: 'again' }))).toBe(false);
    expect(await a.clients.get('c1')).toEqual(mine);
    expect(await a.clients.remove('c1')).toBe(true);
    expect(await a.clients.remove('c1')).toBe(false);
    expect(await a.clients.get('c1')).toBeUndefined();
    expect((await b.clients.get('c1'))?.client_secret).toBe('other');
  });

  test('of many inserts of one ID one succeeds', async () => {
    const { a } = bench();
    const won = await atOnce(50, (index) => a.clients.insert(client('c1', { client_secret: `s${index}` })));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await a.clients.get('c1'))?.client_secret).toBe(`s${won.indexOf(true)}`);
  });

  test('concurrent updates lose nothing', async () => {
    const { a, b } = bench();
    await a.clients.insert(client('c1', { client_id_issued_at: 0 }));
    await b.clients.insert(client('c1', { client_id_issued_at: 0 }));
    await atOnce(60, () =>
      a.clients.update('c1', (now) => ({ ...now, client_id_issued_at: now.client_id_issued_at + 1 })),
    );
    expect((await a.clients.get('c1'))?.client_id_issued_at).toBe(60);
    expect((await b.clients.get('c1'))?.client_id_issued_at).toBe(0);
  });

  test('update answers the new record, or undefined for an absent one and does not create it', async () => {
    const { a, b } = bench();
    await b.clients.insert(client('c1'));
    expect(await a.clients.update('c1', (now) => now)).toBeUndefined();
    expect(await a.clients.get('c1')).toBeUndefined();
    const changed = await b.clients.update('c1', (now) => ({ ...now, client_secret: 'new' }));
    expect(changed).toEqual(client('c1', { client_secret: 'new' }));
    expect(await b.clients.get('c1')).toEqual(changed);
  });

  test('an update that throws changes nothing and rejects', async () => {
    const { a } = bench();
    await a.clients.insert(client('c1'));
    const failing = a.clients.update('c1', () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await a.clients.get('c1')).toEqual(client('c1'));
  });

  test('list pages in key order; count', async () => {
    const { a, b } = bench();
    for (const id of ['b', 'a', 'd', 'c']) await a.clients.insert(client(id));
    await b.clients.insert(client('aa'));
    const ids = async (after: string | undefined) => {
      const page = await a.clients.list({ limit: 3, ...(after === undefined ? {} : { after }) });
      return page.map((entry) => entry.client_id);
    };
    expect(await ids(undefined)).toEqual(['a', 'b', 'c']);
    expect(await ids('c')).toEqual(['d']);
    expect(await ids('d')).toEqual([]);
    expect([await a.clients.count(), await b.clients.count()]).toEqual([4, 1]);
  });

  test.each(oddTexts.map((text) => [text]))('an odd ID is a key like any other: %j', async (text) => {
    const { a, b } = bench();
    for (const other of oddTexts) if (other !== text) await a.clients.insert(client(other));
    expect(await a.clients.get(text)).toBeUndefined();
    expect(await a.clients.insert(client(text))).toBe(true);
    expect(await a.clients.get(text)).toEqual(client(text));
    expect(await a.clients.remove(text)).toBe(true);
    expect(await a.clients.count()).toBe(oddTexts.length - 1);
    expect(await b.clients.count()).toBe(0);
  });
}

const key = { sub: 'alice', act: '', cid: '123' };

function authorizationContract(bench: OpenBench): void {
  test('upsert creates, then changes; actor and client tell records apart', async () => {
    const { a, b } = bench();
    const first = authorization('s1', { dat: bigData });
    expect(await a.authorizations.upsert(key, (now) => (now ? authorization('wrong') : first))).toEqual(first);
    expect(await b.authorizations.get(key)).toBeUndefined();
    const second = await a.authorizations.upsert(key, (now) => ({ ...(now ?? authorization('wrong')), uat: 2 }));
    expect(second).toEqual({ ...first, uat: 2 });
    expect(await a.authorizations.get(key)).toEqual(second);
    expect(await a.authorizations.get({ ...key, act: 'bob' })).toBeUndefined();
    expect(await a.authorizations.get({ ...key, cid: '124' })).toBeUndefined();
    expect([await a.authorizations.count(), await b.authorizations.count()]).toEqual([1, 0]);
  });

  test('concurrent upserts lose nothing, from the first one on', async () => {
    const { a, b } = bench();
    await atOnce(60, () =>
      a.authorizations.upsert(key, (now) => (now ? { ...now, uat: now.uat + 1 } : authorization('s1', { uat: 1 }))),
    );
    expect((await a.authorizations.get(key))?.uat).toBe(60);
    expect(await b.authorizations.get(key)).toBeUndefined();
  });

  test('an upsert that throws writes nothing', async () => {
    const { a } = bench();
    const failing = a.authorizations.upsert(key, () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await a.authorizations.get(key)).toBeUndefined();
  });

  test('update: of many that expect the same seed one wins, and a stale one never', async () => {
    const { a, b } = bench();
    await a.authorizations.upsert(key, () => authorization('s1'));
    await b.authorizations.upsert(key, () => authorization('s1'));
    const swap = (expected: string, seed: string, at = key) =>
      a.authorizations.update(at, (now) => (now.rts === expected ? authorization(seed) : undefined));
    const won = (await atOnce(100, (index) => swap('s1', `n${index}`))).filter((record) => record !== undefined);
    expect(won).toHaveLength(1);
    expect(await a.authorizations.get(key)).toEqual(won[0]);
    expect(await swap('s1', 'late')).toBeUndefined();
    expect((await b.authorizations.get(key))?.rts).toBe('s1');
    const absent = { ...key, cid: 'absent' };
    expect(await swap('s1', 's2', absent)).toBeUndefined();
    expect(await a.authorizations.get(absent)).toBeUndefined();
  });

  test('upsert and update at once: neither undoes the other', async () => {
    const { a } = bench();
    await a.authorizations.upsert(key, () => authorization('s0', { uat: 0 }));
    await Promise.all([
      atOnce(20, () =>
        a.authorizations.upsert(key, (now) => ({ ...(now ?? authorization('lost')), uat: (now?.uat ?? 0) + 1 })),
      ),
      (async () => {
        for (let turn = 0; turn < 20; turn++) {
          await a.authorizations.update(key, (now) =>
            now.rts === `s${turn}` ? { ...now, rts: `s${turn + 1}` } : undefined,
          );
        }
      })(),
    ]);
    expect(await a.authorizations.get(key)).toMatchObject({ rts: 's20', uat: 20 });
  });
}

function authorizationListings(bench: OpenBench): void {
  async function fill({ a, b }: ReturnType<OpenBench>) {
    const names = ['alice//1', 'alice/bob/1', 'alice//2', 'carol//1', 'dave//1'];
    for (const name of names) {
      const [sub = '', act = '', cid = ''] = name.split('/');
      const record = authorization(name, { sub, cid, ...(act === '' ? {} : { act }) });
      await a.authorizations.upsert({ sub, act, cid }, () => record);
      await b.authorizations.upsert({ sub, act, cid }, () => record);
    }
  }
  const seeds = (records: readonly { readonly rts: string }[]) => records.map((record) => record.rts);

  test('by subject and by client, page by page', async () => {
    const opened = bench();
    await fill(opened);
    const store = opened.a.authorizations;
    expect(seeds(await store.listBySubject('alice'))).toEqual(['alice//1', 'alice//2', 'alice/bob/1']);
    expect(await store.listBySubject('nobody')).toEqual([]);
    expect(seeds(await store.listByClient('1', { limit: 2 }))).toEqual(['alice//1', 'alice/bob/1']);
    expect(seeds(await store.listByClient('1', { limit: 9, after: 'alice\0' }))).toEqual([
      'alice/bob/1',
      'carol//1',
      'dave//1',
    ]);
    expect(seeds(await store.listByClient('1', { limit: 1, after: 'alice' }))).toEqual(['carol//1']);
    expect(seeds(await store.listByClient('1', { limit: 9, after: 'carol\0' }))).toEqual(['dave//1']);
  });

  test('removal by every combination answers what went, and nothing else goes', async () => {
    const cases: readonly [{ sub?: string; act?: string; cid?: string }, readonly string[]][] = [
      [{ sub: 'alice' }, ['alice//1', 'alice//2', 'alice/bob/1']],
      [{ cid: '1' }, ['alice//1', 'alice/bob/1', 'carol//1', 'dave//1']],
      [{ act: 'bob' }, ['alice/bob/1']],
      [{ sub: 'alice', act: '' }, ['alice//1', 'alice//2']],
      [{ sub: 'alice', act: '', cid: '2' }, ['alice//2']],
      [{ sub: 'nobody' }, []],
    ];
    for (const [filter, expected] of cases) {
      const opened = bench();
      await fill(opened);
      expect(seeds(await opened.a.authorizations.remove(filter)).sort()).toEqual(expected);
      expect(await opened.a.authorizations.count()).toBe(5 - expected.length);
      expect(await opened.b.authorizations.count()).toBe(5);
    }
  });

  test('removal without a filter is refused', async () => {
    const { a } = bench();
    await expect(a.authorizations.remove({})).rejects.toThrow(TypeError);
  });

  test('odd subjects stay apart', async () => {
    const { a } = bench();
    for (const sub of oddTexts) await a.authorizations.upsert({ ...key, sub }, () => authorization('s', { sub }));
    for (const sub of oddTexts) {
      expect((await a.authorizations.listBySubject(sub)).map((record) => record.sub)).toEqual([sub]);
    }
  });
}

function keyContract(bench: OpenBench): void {
  test('save is conditional on the version', async () => {
    const { a, b } = bench();
    expect(await a.keys.load()).toBeUndefined();
    expect(await a.keys.save(1, { n: 1 })).toBe(false);
    const first = await atOnce(20, (index) => a.keys.save(0, { n: index }));
    expect(first.filter(Boolean)).toHaveLength(1);
    expect(await a.keys.load()).toEqual({ version: 1, document: { n: first.indexOf(true) } });
    const second = await atOnce(20, (index) => a.keys.save(1, { n: 100 + index }));
    expect(second.filter(Boolean)).toHaveLength(1);
    expect(await a.keys.load()).toEqual({ version: 2, document: { n: 100 + second.indexOf(true) } });
    expect(await a.keys.save(0, {})).toBe(false);
    expect(await b.keys.load()).toBeUndefined();
  });
}
