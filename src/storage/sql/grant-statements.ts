import { type Expression, sql } from 'kysely';
import { rememberedPayload } from './authorization-statements.ts';
import type { SqlEngine } from './engine.ts';
import { type StandingRow, standingColumn } from './marks.ts';
import type { StatementBuilder } from './schema.ts';
import { type Params, prepare, type Statement } from './statement.ts';

const TABLE = 'grants';

type ById = { tid: string; id: string; now: number };
type Parties = { subject: string; actor: string; client_id: string };
type Lookup = ById & Parties;
type Use = ById & { number: number; expires_at: number };
type Counter = Use & Parties & { issued_at: number; rotations: number };

/** The state of a refresh token; null where the row is not there. */
export type StateRow = {
  readonly rotations: number | null;
  readonly issued_at: number | null;
  readonly used_at: number | null;
};
type FoundRow = StateRow &
  StandingRow & {
    readonly payload: string | null;
    readonly session: string | null;
    readonly remembered: string | null;
  };

/** The statements of the store of grants. */
export function compileGrants(engine: SqlEngine) {
  return {
    find: prepareFind(engine, false),
    findActing: prepareFind(engine, true),
    ...compileUse(engine),
    ...compileEnd(engine),
  };
}

/** One row always, with what is known of the grant, its session, the agreement and the marks. */
function prepareFind({ builder: db }: SqlEngine, acting: boolean): Statement<Lookup, FoundRow> {
  return prepare(`${TABLE}.find${acting ? '_acting' : ''}`, (p: Params<Lookup>) => {
    const marks = { tid: p.tid, subject: p.subject, actor: p.actor, clientId: p.client_id, now: p.now };
    return db
      .selectFrom(db.selectNoFrom(sql.lit(1).as('one')).as('always'))
      .leftJoin('grants as found', (join) =>
        join.on('found.tid', '=', p.tid).on('found.id', '=', p.id).on('found.expires_at', '>', p.now),
      )
      .select([
        'found.payload',
        'found.rotations',
        'found.issued_at',
        'found.used_at',
        livingSession(db, p, sql.ref<string>('found.session_key')).as('session'),
        rememberedPayload(db, p).as('remembered'),
        standingColumn(db, marks, { ended: [sql<string | null>`case when found.ended = 1 then 'ended' end`], acting }),
      ]);
  });
}

/** A subquery and no join: for a join the database may read all sessions of the tenant when it believes them few. */
function livingSession(db: StatementBuilder, p: Params<Lookup>, key: Expression<string>) {
  const session = db
    .selectFrom('subject_sessions')
    .select('subject_sessions.payload')
    .where('subject_sessions.tid', '=', p.tid)
    .where('subject_sessions.key', '=', key)
    .where('subject_sessions.expires_at', '>', p.now);
  return sql<string | null>`(${session})`;
}

/** A number counts as current if none above it is on record. */
function compileUse({ builder: db, verbs }: SqlEngine) {
  const current = (p: Params<Use>) =>
    db
      .updateTable(TABLE)
      .where('tid', '=', p.tid)
      .where('id', '=', p.id)
      .where('payload', 'is not', null)
      .where('rotations', '<=', p.number)
      .where('expires_at', '>', p.now);
  return {
    rotate: verbs.updateReturning(`${TABLE}.rotate`, (p: Params<Use>) =>
      current(p)
        .set({ rotations: sql<number>`${p.number} + 1`, issued_at: p.now, used_at: p.now, expires_at: p.expires_at })
        .returning(['rotations', 'issued_at', 'used_at']),
    ),
    touch: verbs.updateReturning(`${TABLE}.touch`, (p: Params<Use>) =>
      current(p)
        .set({ rotations: p.number, used_at: p.now, expires_at: p.expires_at })
        .returning(['rotations', 'issued_at', 'used_at']),
    ),
    useSelfContained: verbs.upsertReturning(`${TABLE}.use_self_contained`, (p: Params<Counter>) =>
      db
        .insertInto(TABLE)
        .values({
          tid: p.tid,
          id: p.id,
          subject: p.subject,
          actor: p.actor,
          client_id: p.client_id,
          payload: null,
          ended: 0,
          rotations: p.rotations,
          issued_at: p.issued_at,
          used_at: p.now,
          expires_at: p.expires_at,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['tid', 'id'])
            .doUpdateSet((row) => ({
              payload: null,
              ended: 0,
              rotations: row.ref('excluded.rotations'),
              issued_at: row.ref('excluded.issued_at'),
              used_at: row.ref('excluded.used_at'),
              expires_at: row.ref('excluded.expires_at'),
            }))
            .where((row) =>
              row.or([
                row('grants.expires_at', '<=', p.now),
                row.and([row('grants.ended', '=', 0), row('grants.rotations', '<=', p.number)]),
              ]),
            ),
        )
        .returning(['rotations', 'issued_at', 'used_at']),
    ),
    state: prepare(`${TABLE}.state`, (p: Params<ById>) =>
      db
        .selectFrom(TABLE)
        .select(['ended', 'rotations', 'issued_at', 'used_at'])
        .where('tid', '=', p.tid)
        .where('id', '=', p.id)
        .where('expires_at', '>', p.now),
    ),
  };
}

function compileEnd({ builder: db, verbs }: SqlEngine) {
  return {
    end: verbs.upsertReturning(`${TABLE}.end`, (p: Params<ById & { expires_at: number }>) =>
      db
        .insertInto(TABLE)
        .values({
          tid: p.tid,
          id: p.id,
          subject: '',
          actor: '',
          client_id: '',
          payload: null,
          ended: 1,
          rotations: 0,
          issued_at: 0,
          used_at: 0,
          expires_at: p.expires_at,
        })
        .onConflict((conflict) =>
          conflict.columns(['tid', 'id']).doUpdateSet((row) => ({
            payload: null,
            session_key: null,
            ended: 1,
            // What it was kept for as a grant is over; what it was kept for as an end is not.
            expires_at: row
              .case()
              .when(
                row.and([row('grants.ended', '=', 1), row('grants.expires_at', '>', row.ref('excluded.expires_at'))]),
              )
              .then(row.ref('grants.expires_at'))
              .else(row.ref('excluded.expires_at'))
              .end(),
          })),
        ),
    ),
    count: prepare(`${TABLE}.count`, (p: Params<{ tid: string; now: number }>) =>
      db
        .selectFrom(TABLE)
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('tid', '=', p.tid)
        .where('payload', 'is not', null)
        .where('expires_at', '>', p.now),
    ),
  };
}
