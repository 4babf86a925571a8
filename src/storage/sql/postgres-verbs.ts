import { sql } from 'kysely';
import { collectedRows } from './collected-insert.ts';
import { ask, type CollectedInsert, tell } from './engine.ts';
import { type ExpiringTable, NEVER, type StatementBuilder } from './schema.ts';
import { type Params, prepare } from './statement.ts';
import type { NewGrant, SqlVerbs } from './verbs.ts';

type Page = { now: number; limit: number };

/** What PostgreSQL does its own way. */
export function createPostgresVerbs(db: StatementBuilder, schema: string | undefined): SqlVerbs {
  const lock = prepare('lock_name', (p: Params<{ name: string }>) => ({
    compile: () => sql`select pg_advisory_xact_lock(hashtextextended(${p.name}, 0))`.compile(db),
  }));
  const limit = prepare('limit_lock_waits', (p: Params<{ limit: string }>) => ({
    compile: () => sql`select set_config('lock_timeout', ${p.limit}, true)`.compile(db),
  }));
  return {
    lockRows: (name, build) => prepare(name, (p) => build(p).forUpdate()),
    updateReturning: prepare,
    deleteReturning: prepare,
    insertIfAbsent: prepare,
    upsertReturning: prepare,
    lockName: (name) => tell(lock, { name }),
    purgePage: (table) =>
      prepare(`${table}.purge`, (p: Params<Page>) => db.deleteFrom(table).where(isExpired(db, table, p))),
    purgeSessions: prepare('subject_sessions.purge_answering', (p: Params<Page>) =>
      db
        .deleteFrom('subject_sessions')
        .where(isExpired(db, 'subject_sessions', p))
        .returning(['tid', 'key', 'payload']),
    ),
    addGrant: addGrant(db, schema),
    time: prepare('time', () => ({
      compile: () =>
        sql<{
          milliseconds: number;
        }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as milliseconds`.compile(db),
    })),
    tableExists: (name) =>
      prepare('migrations.table_exists', () => ({
        compile: () =>
          sql`select 1 from pg_tables where tablename = ${sql.lit(name)} and schemaname = coalesce(${sql.lit(schema ?? null)}, current_schema())`.compile(
            db,
          ),
      })),
    limitLockWaits: (milliseconds) => tell(limit, { limit: `${milliseconds}ms` }),
    *enterSchema() {
      if (schema === undefined) return;
      const known = prepare('migrations.schema_exists', (p: Params<{ schema: string }>) => ({
        compile: () => sql`select 1 from pg_namespace where nspname = ${p.schema}`.compile(db),
      }));
      // CREATE SCHEMA IF NOT EXISTS asks for the right to create even when it exists.
      if ((yield* ask(known, { schema })).count === 0) {
        yield* ask(
          prepare('migrations.schema', () => db.schema.createSchema(schema).ifNotExists()),
          {},
        );
      }
      const enter = prepare('migrations.enter_schema', (p: Params<{ schema: string }>) => ({
        compile: () => sql`select set_config('search_path', quote_ident(${p.schema}), true)`.compile(db),
      }));
      yield* ask(enter, { schema });
    },
  };
}

/** The row's physical address spares the second look-up by key; the literal lets a partial expiry index answer. */
function isExpired(db: StatementBuilder, table: ExpiringTable, p: Params<Page>) {
  const rows = db
    .selectFrom(table)
    .select(sql<number>`ctid`.as('address'))
    .where('expires_at', '<=', p.now)
    .where('expires_at', '<', sql.lit(NEVER))
    .orderBy('expires_at')
    .limit(p.limit)
    .forUpdate()
    .skipLocked();
  return sql<boolean>`ctid = any(array(${rows})) and expires_at <= ${p.now}`;
}

const columns = {
  tid: 'text',
  id: 'text',
  subject: 'text',
  actor: 'text',
  client_id: 'text',
  payload: 'text',
  session_key: 'text',
  issued_at: 'bigint',
  expires_at: 'bigint',
  room: 'bigint',
} as const;

/**
 * One statement for the grants of a turn. All its parts see the table as it was before, so that those that stay under an
 * authorization are counted without the new ones. What has to go it answers, and each goes by its key, unless it was used
 * meanwhile: nobody waits for anybody, and no plan that was made while the table was small reads all of a large one.
 */
function addGrant(db: StatementBuilder, schema: string | undefined): CollectedInsert<NewGrant> {
  // The builder does not qualify tables within bare text.
  const grants = schema === undefined ? sql.id('grants') : sql.id(schema, 'grants');
  const many = collectedRows<NewGrant>('grants.add', columns, (rows) => ({
    compile: () =>
      sql`
with fresh (tid, id, subject, actor, client_id, payload, session_key, issued_at, expires_at, room) as (${rows}),
kept as (
  insert into ${grants}
    (tid, id, subject, actor, client_id, payload, session_key, ended, rotations, issued_at, used_at, expires_at)
  select tid, id, subject, actor, client_id, payload, session_key, 0, 0, issued_at, issued_at, expires_at from fresh
  on conflict (tid, id) do nothing
  returning tid, id
),
crowd as (
  select tid, subject, actor, client_id, min(room) - count(*) as room, min(issued_at) as now
  from fresh inner join kept using (tid, id) group by tid, subject, actor, client_id
)
select unused.tid, unused.id, unused.used_at from crowd c cross join lateral (
  select g.tid, g.id, g.used_at from ${grants} g
  where g.tid || '' = c.tid and g.subject = c.subject and g.actor = c.actor and g.client_id = c.client_id
    and g.payload is not null and g.expires_at > c.now
  order by g.used_at desc, g.id offset greatest(c.room, 0)
) unused`.compile(db),
  }));
  const removal = prepare('grants.remove_unused', (p: Params<{ tid: string; id: string; used_at: number }>) =>
    db.deleteFrom('grants').where('tid', '=', p.tid).where('id', '=', p.id).where('used_at', '=', p.used_at),
  );
  return {
    one: undefined,
    script: () => {
      throw new Error('Grants are added to PostgreSQL one statement at a time, outside of transactions');
    },
    many: { ...many, removal },
  };
}
