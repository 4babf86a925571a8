import { sql } from 'kysely';
import { ask, type CollectedInsert, tell } from './engine.ts';
import { type ExpiringTable, NEVER, ofTenant, type StatementBuilder } from './schema.ts';
import { type Params, prepare } from './statement.ts';
import type { NewGrant, SqlVerbs } from './verbs.ts';

type Page = { now: number; limit: number };

/** What SQLite does its own way. Nobody else writes within a transaction, so that nothing need be held. */
export function createSqliteVerbs(db: StatementBuilder): SqlVerbs {
  return {
    lockRows: prepare,
    updateReturning: prepare,
    deleteReturning: prepare,
    insertIfAbsent: prepare,
    upsertReturning: prepare,
    *lockName() {},
    purgePage: (table) =>
      prepare(`${table}.purge`, (p: Params<Page>) =>
        db.deleteFrom(table).where(sql`rowid`, 'in', expired(db, table, p)),
      ),
    purgeSessions: prepare('subject_sessions.purge_answering', (p: Params<Page>) =>
      db
        .deleteFrom('subject_sessions')
        .where(sql`rowid`, 'in', expired(db, 'subject_sessions', p))
        .returning(['tid', 'key', 'payload']),
    ),
    addGrant: addGrant(db),
    time: undefined,
    tableExists: (name) =>
      prepare('migrations.table_exists', () => ({
        compile: () => sql`select 1 from sqlite_master where type = 'table' and name = ${sql.lit(name)}`.compile(db),
      })),
    *limitLockWaits() {},
    *enterSchema() {},
  };
}

/** The row's address spares the second look-up by key; the literal lets a partial expiry index answer. */
function expired(db: StatementBuilder, table: ExpiringTable, p: Params<Page>) {
  return db
    .selectFrom(table)
    .select(sql<number>`rowid`.as('address'))
    .where('expires_at', '<=', p.now)
    .where('expires_at', '<', sql.lit(NEVER))
    .orderBy('expires_at')
    .limit(p.limit);
}

function addGrant(db: StatementBuilder): CollectedInsert<NewGrant> {
  const insert = prepare('grants.add', (p: Params<NewGrant>) =>
    db
      .insertInto('grants')
      .values({
        tid: p.tid,
        id: p.id,
        subject: p.subject,
        actor: p.actor,
        client_id: p.client_id,
        payload: p.payload,
        ended: 0,
        rotations: 0,
        issued_at: p.issued_at,
        used_at: p.issued_at,
        expires_at: p.expires_at,
        session_key: p.session_key,
      })
      .onConflict((conflict) => conflict.doNothing()),
  );
  const trim = prepare('grants.trim', (p: Params<NewGrant>) =>
    db
      .deleteFrom('grants')
      .where(
        sql`rowid`,
        'in',
        db
          .selectFrom('grants')
          .select(sql<number>`rowid`.as('address'))
          .where(ofTenant(p.tid))
          .where('subject', '=', p.subject)
          .where('actor', '=', p.actor)
          .where('client_id', '=', p.client_id)
          .where('payload', 'is not', null)
          .where('expires_at', '>', p.issued_at)
          .orderBy('used_at', 'desc')
          .orderBy(sql`rowid`, 'desc')
          .limit(sql.lit(-1))
          .offset(p.room),
      ),
  );
  return {
    one: undefined,
    *script(args) {
      const { count } = yield* ask(insert, args);
      if (count > 0) yield* tell(trim, args);
    },
    many: undefined,
  };
}
