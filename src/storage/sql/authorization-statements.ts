import { sql } from 'kysely';
import type { SqlEngine } from './engine.ts';
import { type StandingRow, standingColumn } from './marks.ts';
import type { StatementBuilder } from './schema.ts';
import { type Params, prepare, type Statement } from './statement.ts';

const TABLE = 'authorizations';

type Key = { tid: string; subject: string; actor: string; client_id: string };
type Lookup = Key & { now: number };
type FoundRow = StandingRow & { readonly payload: string | null };
type Content = Key & { payload: string };
type OfClient = { tid: string; client_id: string; limit: number; subject: string };

/** The members that a removal can be limited by. */
export const members = ['subject', 'actor', 'client_id'] as const;
type Member = (typeof members)[number];

/** A removal by some members: holds the records, removes their grants, removes them. */
interface Removal {
  readonly lock: Statement<Key, { payload: string }>;
  readonly grants: Statement<Key, unknown>;
  readonly records: Statement<Key, unknown>;
}

/** The statements of the store of remembered authorizations. */
export function compileAuthorizations(engine: SqlEngine) {
  const removals = new Map<string, Removal>();
  return {
    find: prepareFind(engine, false),
    findActing: prepareFind(engine, true),
    ...compileSingle(engine),
    ...compileListings(engine),
    removal(named: readonly Member[]): Removal {
      const name = `${TABLE}.remove.${named.join('_')}`;
      const removal = removals.get(name) ?? prepareRemoval(engine, name, named);
      removals.set(name, removal);
      return removal;
    },
  };
}

/** One row always, with the record and the marks. */
function prepareFind({ builder: db }: SqlEngine, acting: boolean): Statement<Lookup, FoundRow> {
  return prepare(`${TABLE}.find${acting ? '_acting' : ''}`, (p: Params<Lookup>) => {
    const marks = { tid: p.tid, subject: p.subject, actor: p.actor, clientId: p.client_id, now: p.now };
    return db.selectNoFrom([rememberedPayload(db, p).as('payload'), standingColumn(db, marks, { acting })]);
  });
}

/** The payload of a remembered authorization as a column; null where there is none. */
export function rememberedPayload(db: StatementBuilder, p: Params<Key>) {
  const record = db
    .selectFrom(TABLE)
    .select('authorizations.payload')
    .where('authorizations.tid', '=', p.tid)
    .where('authorizations.subject', '=', p.subject)
    .where('authorizations.actor', '=', p.actor)
    .where('authorizations.client_id', '=', p.client_id);
  return sql<string | null>`(${record})`;
}

function compileSingle({ builder: db, verbs }: SqlEngine) {
  const get = (p: Params<Key>) =>
    db
      .selectFrom(TABLE)
      .select(['payload', 'version'])
      .where('tid', '=', p.tid)
      .where('subject', '=', p.subject)
      .where('actor', '=', p.actor)
      .where('client_id', '=', p.client_id);
  return {
    get: prepare(`${TABLE}.get`, get),
    lock: verbs.lockRows(`${TABLE}.lock`, get),
    insert: verbs.insertIfAbsent(`${TABLE}.insert`, (p: Params<Content>) =>
      db
        .insertInto(TABLE)
        .values({
          tid: p.tid,
          subject: p.subject,
          actor: p.actor,
          client_id: p.client_id,
          payload: p.payload,
          version: 1,
        })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    replace: prepare(`${TABLE}.replace`, (p: Params<Content & { version: number }>) =>
      db
        .updateTable(TABLE)
        .set((row) => ({ payload: p.payload, version: row('version', '+', 1) }))
        .where('tid', '=', p.tid)
        .where('subject', '=', p.subject)
        .where('actor', '=', p.actor)
        .where('client_id', '=', p.client_id)
        .where('version', '=', p.version),
    ),
  };
}

function compileListings({ builder: db }: SqlEngine) {
  const ofClient = (p: Params<OfClient>) =>
    db
      .selectFrom(TABLE)
      .select('payload')
      .where('tid', '=', p.tid)
      .where('client_id', '=', p.client_id)
      .orderBy('subject')
      .orderBy('actor')
      .limit(p.limit);
  return {
    listBySubject: prepare(`${TABLE}.list_by_subject`, (p: Params<{ tid: string; subject: string }>) =>
      db
        .selectFrom(TABLE)
        .select('payload')
        .where('tid', '=', p.tid)
        .where('subject', '=', p.subject)
        .orderBy('actor')
        .orderBy('client_id'),
    ),
    listBehindSubject: prepare(`${TABLE}.list_behind_subject`, (p: Params<OfClient>) =>
      ofClient(p).where('subject', '>', p.subject),
    ),
    listBehindActor: prepare(`${TABLE}.list_behind_actor`, (p: Params<OfClient & { actor: string }>) =>
      ofClient(p).where(sql<boolean>`(subject, actor) > (${p.subject}, ${p.actor})`),
    ),
    count: prepare(`${TABLE}.count`, (p: Params<{ tid: string }>) =>
      db
        .selectFrom(TABLE)
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('tid', '=', p.tid),
    ),
  };
}

function prepareRemoval({ builder: db, verbs }: SqlEngine, name: string, named: readonly Member[]): Removal {
  const lock = (p: Params<Key>) => {
    let query = db.selectFrom(TABLE).select('payload').where('tid', '=', p.tid);
    for (const member of named) query = query.where(member, '=', p[member]);
    return query.orderBy('subject').orderBy('actor').orderBy('client_id');
  };
  const records = (p: Params<Key>) => {
    let query = db.deleteFrom(TABLE).where('tid', '=', p.tid);
    for (const member of named) query = query.where(member, '=', p[member]);
    return query;
  };
  const grants = (p: Params<Key>) => {
    let under = db
      .selectFrom(TABLE)
      .innerJoin('grants as under', (join) =>
        join
          .onRef('under.tid', '=', `${TABLE}.tid`)
          .onRef('under.subject', '=', `${TABLE}.subject`)
          .onRef('under.actor', '=', `${TABLE}.actor`)
          .onRef('under.client_id', '=', `${TABLE}.client_id`),
      )
      .select('under.id')
      .where('under.payload', 'is not', null)
      .where(`${TABLE}.tid`, '=', p.tid);
    for (const member of named) under = under.where(`${TABLE}.${member}`, '=', p[member]);
    return db.deleteFrom('grants').where('grants.tid', '=', p.tid).where('grants.id', 'in', under);
  };
  return {
    lock: verbs.lockRows(`${name}.lock`, lock),
    grants: prepare(`${name}.grants`, grants),
    records: prepare(`${name}.records`, records),
  };
}
