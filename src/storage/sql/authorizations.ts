import { sql } from 'kysely';
import type { AuthorizationKey, LongLivedAuthorization } from '../../domain/authorization.ts';
import type { AuthorizationStore, Page } from '../../ports/stores/stores.ts';
import { authorizationCursor } from '../authorization-page.ts';
import { changeRow } from './change-row.ts';
import { ask, type SqlEngine } from './engine.ts';
import type { PayloadReader } from './payload.ts';
import type { StatementBuilder } from './schema.ts';
import { type Params, prepare, type Statement } from './statement.ts';

const TABLE = 'long_lived_authorizations';

type Key = { tid: string; sub: string; act: string; cid: string };
type Content = Key & { payload: string };
type Filter = { readonly sub?: string; readonly act?: string; readonly cid?: string };

/** The remembered authorisations of all tenants. */
export function createAuthorizations(engine: SqlEngine, read: PayloadReader): (tid: string) => AuthorizationStore {
  const statements = compile(engine);
  /** What is known of their key is what they were looked for by. */
  const toRecords = (rows: readonly { readonly payload: string }[], { sub = '*', act = '*', cid = '*' }: Filter) => {
    const records = rows.map((row) => read<LongLivedAuthorization>(row.payload, TABLE, `${sub}, ${act}, ${cid}`));
    return records.filter((record) => record !== undefined);
  };
  const removals = new Map<string, Statement<Key, { payload: string }>>();

  /** Writes what `change` makes of the current record or of none; `undefined` leaves things as they are. */
  function write(
    tid: string,
    { sub, act, cid }: AuthorizationKey,
    change: (current: LongLivedAuthorization | undefined) => LongLivedAuthorization | undefined,
  ): Promise<LongLivedAuthorization | undefined> {
    const name = { tid, sub, act, cid };
    return changeRow({
      engine,
      key: name,
      select: statements.get,
      lock: statements.lock,
      decide(row) {
        const value = change(row && toRecords([row], name)[0]);
        if (!value) return undefined;
        const content = { ...name, payload: JSON.stringify(value) };
        if (!row) return { value, write: () => ask(statements.insert, content) };
        return { value, write: () => ask(statements.replace, { ...content, version: row.version }) };
      },
    });
  }

  async function remove(tid: string, filter: Filter): Promise<readonly LongLivedAuthorization[]> {
    const named = (['sub', 'act', 'cid'] as const).filter((member) => filter[member] !== undefined);
    if (named.length === 0) {
      throw new TypeError('Removal of authorizations: expected at least one of sub, act, cid, received none');
    }
    const name = `${TABLE}.remove.${named.join('_')}`;
    const statement = removals.get(name) ?? prepareRemoval(engine.builder, name, named);
    removals.set(name, statement);
    const args = { tid, sub: filter.sub ?? '', act: filter.act ?? '', cid: filter.cid ?? '' };
    return toRecords((await engine.write(statement, args)).rows, filter);
  }

  async function listByClient(tid: string, cid: string, page: Page): Promise<readonly LongLivedAuthorization[]> {
    const cursor = authorizationCursor(page.after);
    const { limit } = page;
    if (!cursor || cursor.act === undefined) {
      const args = { tid, cid, sub: cursor?.sub ?? '', limit };
      return toRecords((await engine.read(statements.listBehindSubject, args)).rows, { cid });
    }
    const args = { tid, cid, sub: cursor.sub, act: cursor.act, limit };
    return toRecords((await engine.read(statements.listBehindActor, args)).rows, { cid });
  }

  return (tid) => ({
    async get({ sub, act, cid }) {
      const [row] = (await engine.read(statements.get, { tid, sub, act, cid })).rows;
      return row && toRecords([row], { sub, act, cid })[0];
    },
    async upsert(key, change) {
      const written = await write(tid, key, change);
      if (!written) throw new Error('Remembered authorization: nothing was written');
      return written;
    },
    update: (key, change) => write(tid, key, (current) => current && change(current)),
    remove: (filter) => remove(tid, filter),
    async listBySubject(sub) {
      return toRecords((await engine.read(statements.listBySubject, { tid, sub })).rows, { sub });
    },
    listByClient: (cid, page) => listByClient(tid, cid, page),
    async count() {
      const { rows } = await engine.read(statements.count, { tid });
      return rows[0]?.count ?? 0;
    },
  });
}

function prepareRemoval(db: StatementBuilder, name: string, named: readonly ('sub' | 'act' | 'cid')[]) {
  return prepare(name, (p: Params<Key>) => {
    let query = db.deleteFrom(TABLE).where('tid', '=', p.tid);
    for (const member of named) query = query.where(member, '=', p[member]);
    return query.returning('payload');
  });
}

function compile({ builder: db, dialect }: SqlEngine) {
  const get = (p: Params<Key>) =>
    db
      .selectFrom(TABLE)
      .select(['payload', 'version'])
      .where('tid', '=', p.tid)
      .where('sub', '=', p.sub)
      .where('act', '=', p.act)
      .where('cid', '=', p.cid);
  const ofClient = (p: Params<{ tid: string; cid: string; limit: number }>) =>
    db
      .selectFrom(TABLE)
      .select('payload')
      .where('tid', '=', p.tid)
      .where('cid', '=', p.cid)
      .orderBy('sub')
      .orderBy('act')
      .limit(p.limit);
  return {
    get: prepare(`${TABLE}.get`, get),
    lock: prepare(`${TABLE}.lock`, (p: Params<Key>) => (dialect === 'postgres' ? get(p).forUpdate() : get(p))),
    insert: prepare(`${TABLE}.insert`, (p: Params<Content>) =>
      db
        .insertInto(TABLE)
        .values({ tid: p.tid, sub: p.sub, act: p.act, cid: p.cid, payload: p.payload, version: 1 })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    replace: prepare(`${TABLE}.replace`, (p: Params<Content & { version: number }>) =>
      db
        .updateTable(TABLE)
        .set((row) => ({ payload: p.payload, version: row('version', '+', 1) }))
        .where('tid', '=', p.tid)
        .where('sub', '=', p.sub)
        .where('act', '=', p.act)
        .where('cid', '=', p.cid)
        .where('version', '=', p.version),
    ),
    listBySubject: prepare(`${TABLE}.list_by_subject`, (p: Params<{ tid: string; sub: string }>) =>
      db
        .selectFrom(TABLE)
        .select('payload')
        .where('tid', '=', p.tid)
        .where('sub', '=', p.sub)
        .orderBy('act')
        .orderBy('cid'),
    ),
    listBehindSubject: prepare(
      `${TABLE}.list_behind_subject`,
      (p: Params<{ tid: string; cid: string; sub: string; limit: number }>) => ofClient(p).where('sub', '>', p.sub),
    ),
    listBehindActor: prepare(
      `${TABLE}.list_behind_actor`,
      (p: Params<{ tid: string; cid: string; sub: string; act: string; limit: number }>) =>
        ofClient(p).where(sql<boolean>`(sub, act) > (${p.sub}, ${p.act})`),
    ),
    count: prepare(`${TABLE}.count`, (p: Params<{ tid: string }>) =>
      db
        .selectFrom(TABLE)
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('tid', '=', p.tid),
    ),
  };
}
