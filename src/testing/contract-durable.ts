import { describe, expect, test } from 'vitest';
import { atOnce, bigData, client, type OpenBench, oddTexts } from './contract-subject.ts';

/** Clients and keys. */
export function durableContract(bench: OpenBench): void {
  describe('clients', () => clientContract(bench));
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
