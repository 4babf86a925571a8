import type { Clock } from '../../ports/clock.ts';
import type { RecordKind, RecordStore } from '../../ports/stores/records.ts';
import type { FollowUp } from '../../ports/stores/subject-sessions.ts';
import { collectedInsert } from './collected-insert.ts';
import { type Script, type SqlEngine, tell } from './engine.ts';
import type { PayloadReader } from './payload.ts';
import { type Params, prepare } from './statement.ts';

const TABLE = 'records';

type Live = { tid: string; kind: string; key: string; now: number };
type Row = { tid: string; kind: string; key: string; payload: string; version: number; expires_at: number };

/** The short-lived records of all tenants and kinds. */
export interface SqlRecords {
  tenant(tid: string): <T>(kind: RecordKind<T>) => RecordStore<T>;
  /** Writes follow-ups that are not on record, within a transaction. */
  follow(tid: string, followUps: readonly FollowUp[]): Script<void>;
}

/** Opens the records over an engine. */
export function createRecords(engine: SqlEngine, clock: Clock, read: PayloadReader): SqlRecords {
  const statements = compile(engine);
  const insert = engine.collector(statements.insert);

  /** A key is free again from the second on in which its record expired, purged or not. */
  async function create(row: Row): Promise<void> {
    try {
      await insert(row);
    } catch (error) {
      const { count } = await engine.write(statements.putIfAbsent, { ...row, now: clock.now() });
      if (count === 0) throw error;
    }
  }

  function open<T>(tid: string, kind: string): RecordStore<T> {
    const at = (key: string) => ({ tid, kind, key, now: clock.now() });
    return {
      create: (key, value, expiresAt) =>
        create({ tid, kind, key, payload: JSON.stringify(value), version: 1, expires_at: expiresAt }),
      async get(key) {
        const [row] = (await engine.read(statements.get, at(key))).rows;
        const value = row && read<T>(row.payload, TABLE, `${kind}, ${key}`);
        return value && { version: row.version, value };
      },
      async replace(key, version, value) {
        const change = { ...at(key), version, payload: JSON.stringify(value) };
        return (await engine.write(statements.replace, change)).count > 0;
      },
      async take(key, version) {
        const [row] =
          version === undefined
            ? (await engine.write(statements.take, at(key))).rows
            : (await engine.write(statements.takeVersion, { ...at(key), version })).rows;
        return row && read<T>(row.payload, TABLE, `${kind}, ${key}`);
      },
      async count() {
        const { rows } = await engine.read(statements.count, { tid, kind, now: clock.now() });
        return rows[0]?.count ?? 0;
      },
    };
  }

  return {
    tenant(tid) {
      const stores = new Map<string, RecordStore<unknown>>();
      return <T>({ name }: RecordKind<T>) => {
        const store = stores.get(name) ?? open<unknown>(tid, name);
        stores.set(name, store);
        // The kind stands for the type of its records; what is stored under its name was written as such.
        return store as RecordStore<T>;
      };
    },
    *follow(tid, followUps) {
      const now = clock.now();
      for (const { kind, key, value, expiresAt } of followUps) {
        const row = { tid, kind, key, payload: JSON.stringify(value), version: 1, expires_at: expiresAt };
        yield* tell(statements.putIfAbsent, { ...row, now });
      }
    },
  };
}

function compile({ builder: db, verbs }: SqlEngine) {
  const values = (p: Params<Row>) => ({
    tid: p.tid,
    kind: p.kind,
    key: p.key,
    payload: p.payload,
    version: p.version,
    expires_at: p.expires_at,
  });
  const one = prepare(`${TABLE}.insert`, (p: Params<Row>) => db.insertInto(TABLE).values(values(p)));
  const types = {
    tid: 'text',
    kind: 'text',
    key: 'text',
    payload: 'text',
    version: 'bigint',
    expires_at: 'bigint',
  } as const;
  const removal = (p: Params<Live>) =>
    db
      .deleteFrom(TABLE)
      .where('tid', '=', p.tid)
      .where('kind', '=', p.kind)
      .where('key', '=', p.key)
      .where('expires_at', '>', p.now)
      .returning('payload');
  return {
    insert: collectedInsert<Row>(one, types, (rows) =>
      db.insertInto(TABLE).columns(['tid', 'kind', 'key', 'payload', 'version', 'expires_at']).expression(rows),
    ),
    putIfAbsent: verbs.upsertReturning(`${TABLE}.put_if_absent`, (p: Params<Row & { now: number }>) =>
      db
        .insertInto(TABLE)
        .values(values(p))
        .onConflict((conflict) =>
          conflict
            .columns(['tid', 'kind', 'key'])
            .doUpdateSet((row) => ({
              payload: row.ref('excluded.payload'),
              version: row.ref('excluded.version'),
              expires_at: row.ref('excluded.expires_at'),
            }))
            .where('records.expires_at', '<=', p.now),
        ),
    ),
    get: prepare(`${TABLE}.get`, (p: Params<Live>) =>
      db
        .selectFrom(TABLE)
        .select(['payload', 'version'])
        .where('tid', '=', p.tid)
        .where('kind', '=', p.kind)
        .where('key', '=', p.key)
        .where('expires_at', '>', p.now),
    ),
    replace: prepare(`${TABLE}.replace`, (p: Params<Live & { version: number; payload: string }>) =>
      db
        .updateTable(TABLE)
        .set((row) => ({ payload: p.payload, version: row('version', '+', 1) }))
        .where('tid', '=', p.tid)
        .where('kind', '=', p.kind)
        .where('key', '=', p.key)
        .where('version', '=', p.version)
        .where('expires_at', '>', p.now),
    ),
    take: verbs.deleteReturning(`${TABLE}.take`, removal),
    takeVersion: verbs.deleteReturning(`${TABLE}.take_version`, (p: Params<Live & { version: number }>) =>
      removal(p).where('version', '=', p.version),
    ),
    count: prepare(`${TABLE}.count`, (p: Params<{ tid: string; kind: string; now: number }>) =>
      db
        .selectFrom(TABLE)
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('tid', '=', p.tid)
        .where('kind', '=', p.kind)
        .where('expires_at', '>', p.now),
    ),
  };
}
