import type { StoredClient } from '../../domain/stored-client.ts';
import type { ClientStore } from '../../ports/stores/stores.ts';
import { changeRow } from './change-row.ts';
import { ask, type SqlEngine } from './engine.ts';
import { fillPage, type PayloadReader } from './payload.ts';
import { type Params, prepare } from './statement.ts';
import { fromColumnText } from './text.ts';

type Key = { tid: string; client_id: string };

/** The client registrations of all tenants. */
export function createClients(engine: SqlEngine, read: PayloadReader): (tid: string) => ClientStore {
  const statements = compile(engine);
  const recordOf = (row: { payload: string }, id: string) => read<StoredClient>(row.payload, 'clients', id);

  function update(tid: string, clientId: string, change: (current: StoredClient) => StoredClient) {
    const key = { tid, client_id: clientId };
    return changeRow({
      engine,
      key,
      select: statements.get,
      lock: statements.lock,
      decide(row) {
        const current = row && recordOf(row, clientId);
        if (!current) return undefined;
        const value = change(current);
        const write = { ...key, payload: JSON.stringify(value), version: row.version };
        return { value, write: () => ask(statements.replace, write) };
      },
    });
  }

  return (tid) => ({
    async get(clientId) {
      const [row] = (await engine.read(statements.get, { tid, client_id: clientId })).rows;
      return row && recordOf(row, clientId);
    },
    async insert(client) {
      const row = { tid, client_id: client.client_id, payload: JSON.stringify(client) };
      return (await engine.write(statements.insert, row)).count > 0;
    },
    update: (clientId, change) => update(tid, clientId, change),
    async remove(clientId) {
      return (await engine.write(statements.remove, { tid, client_id: clientId })).count > 0;
    },
    list: (page) =>
      fillPage(page, {
        read: async (after, limit) => (await engine.read(statements.list, { tid, after, limit })).rows,
        keyOf: (row) => fromColumnText(row.client_id),
        valueOf: (row) => recordOf(row, fromColumnText(row.client_id)),
      }),
    async count() {
      const { rows } = await engine.read(statements.count, { tid });
      return rows[0]?.count ?? 0;
    },
  });
}

function compile({ builder: db, verbs }: SqlEngine) {
  const get = (p: Params<Key>) =>
    db
      .selectFrom('clients')
      .select(['payload', 'version'])
      .where('tid', '=', p.tid)
      .where('client_id', '=', p.client_id);
  return {
    get: prepare('clients.get', get),
    lock: verbs.lockRows('clients.lock', get),
    insert: verbs.insertIfAbsent('clients.insert', (p: Params<Key & { payload: string }>) =>
      db
        .insertInto('clients')
        .values({ tid: p.tid, client_id: p.client_id, payload: p.payload, version: 1 })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    replace: prepare('clients.replace', (p: Params<Key & { payload: string; version: number }>) =>
      db
        .updateTable('clients')
        .set((row) => ({ payload: p.payload, version: row('version', '+', 1) }))
        .where('tid', '=', p.tid)
        .where('client_id', '=', p.client_id)
        .where('version', '=', p.version),
    ),
    remove: prepare('clients.remove', (p: Params<Key>) =>
      db.deleteFrom('clients').where('tid', '=', p.tid).where('client_id', '=', p.client_id),
    ),
    list: prepare('clients.list', (p: Params<{ tid: string; after: string; limit: number }>) =>
      db
        .selectFrom('clients')
        .select(['client_id', 'payload'])
        .where('tid', '=', p.tid)
        .where('client_id', '>', p.after)
        .orderBy('client_id')
        .limit(p.limit),
    ),
    count: prepare('clients.count', (p: Params<{ tid: string }>) =>
      db
        .selectFrom('clients')
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('tid', '=', p.tid),
    ),
  };
}
