import { sql } from 'kysely';
import type { SqlEngine } from './engine.ts';
import { ofTenant } from './schema.ts';
import { type Params, prepare } from './statement.ts';

type Live = { tid: string; key: string; now: number };
type OfSubject = { tid: string; sub: string; now: number };
type PageOf = { tid: string; after: string; limit: number; now: number };
type Columns = { payload: string; life_end: number; idle: number; expires_at: number };
type Row = Columns & { tid: string; key: string; sub: string; ctx: string; seq: number };

const TABLE = 'subject_sessions';

/** The statements of the subject session store. */
export function compileSubjectSessions(engine: SqlEngine) {
  return { ...compileSingle(engine), ...compileMany(engine) };
}

/** Statements about one session. */
function compileSingle({ builder: db, verbs }: SqlEngine) {
  const get = (p: Params<Live>) =>
    db
      .selectFrom(TABLE)
      .select(['payload', 'version'])
      .where('tid', '=', p.tid)
      .where('key', '=', p.key)
      .where('expires_at', '>', p.now);
  return {
    get: prepare(`${TABLE}.get`, get),
    lock: verbs.lockRows(`${TABLE}.lock`, get),
    insert: prepare(`${TABLE}.insert`, (p: Params<Row>) =>
      db.insertInto(TABLE).values({
        tid: p.tid,
        key: p.key,
        sub: p.sub,
        ctx: p.ctx,
        seq: p.seq,
        payload: p.payload,
        life_end: p.life_end,
        idle: p.idle,
        expires_at: p.expires_at,
        version: 1,
      }),
    ),
    use: verbs.updateReturning(`${TABLE}.use`, (p: Params<Live>) =>
      db
        .updateTable(TABLE)
        .set((row) => ({
          expires_at: row
            .case()
            .when(row.or([row('idle', '<', 0), row(row('idle', '+', p.now), '>', row.ref('life_end'))]))
            .then(row.ref('life_end'))
            .else(row('idle', '+', p.now))
            .end(),
        }))
        .where('tid', '=', p.tid)
        .where('key', '=', p.key)
        .where('expires_at', '>', p.now)
        .returning('payload'),
    ),
    replace: prepare(`${TABLE}.replace`, (p: Params<Live & Columns & { version: number }>) =>
      db
        .updateTable(TABLE)
        .set((row) => ({
          payload: p.payload,
          life_end: p.life_end,
          idle: p.idle,
          expires_at: p.expires_at,
          version: row('version', '+', 1),
        }))
        .where('tid', '=', p.tid)
        .where('key', '=', p.key)
        .where('version', '=', p.version)
        .where('expires_at', '>', p.now),
    ),
    remove: verbs.deleteReturning(`${TABLE}.remove`, (p: Params<Live>) =>
      db
        .deleteFrom(TABLE)
        .where('tid', '=', p.tid)
        .where('key', '=', p.key)
        .where('expires_at', '>', p.now)
        .returning('payload'),
    ),
  };
}

/** Statements about the sessions of a subject, or of the tenant. */
function compileMany({ builder: db, verbs }: SqlEngine) {
  const live = (p: Params<{ tid: string; now: number }>) =>
    db.selectFrom(TABLE).where('tid', '=', p.tid).where('expires_at', '>', p.now);
  // The index by subject.
  const indexed = (p: Params<{ tid: string; now: number }>) =>
    db.selectFrom(TABLE).where(ofTenant(p.tid)).where('expires_at', '>', p.now).where('seq', '>', sql.lit(0));
  return {
    listBySubject: prepare(`${TABLE}.list_by_subject`, (p: Params<OfSubject>) =>
      indexed(p).select(['key', 'payload', 'seq']).where('sub', '=', p.sub).orderBy('seq').orderBy('key'),
    ),
    lockBySubject: verbs.lockRows(`${TABLE}.lock_by_subject`, (p: Params<OfSubject>) =>
      indexed(p).select(['key', 'payload', 'seq']).where('sub', '=', p.sub).orderBy('key'),
    ),
    lockPage: verbs.lockRows(`${TABLE}.lock_page`, (p: Params<PageOf>) =>
      live(p).select(['key', 'payload']).where('key', '>', p.after).orderBy('key').limit(p.limit),
    ),
    list: prepare(`${TABLE}.list`, (p: Params<PageOf>) =>
      live(p).select(['key', 'payload']).where('key', '>', p.after).orderBy('key').limit(p.limit),
    ),
    count: prepare(`${TABLE}.count`, (p: Params<{ tid: string; now: number }>) =>
      live(p).select((row) => row.fn.countAll<number>().as('count')),
    ),
    subjects: prepare(`${TABLE}.subjects`, (p: Params<PageOf>) =>
      indexed(p).select('sub').distinct().where('sub', '>', p.after).orderBy('sub').limit(p.limit),
    ),
    countSubjects: prepare(`${TABLE}.count_subjects`, (p: Params<{ tid: string; now: number }>) =>
      indexed(p).select((row) => row.fn.count<number>('sub').distinct().as('count')),
    ),
  };
}
