import { sql } from 'kysely';
import type { SqlEngine } from './engine.ts';
import { type StandingRow, standingColumn } from './marks.ts';
import { ofTenant, type StatementBuilder } from './schema.ts';
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

/** The keys of some records that a removal by some members is about, held in their order. */
export type RemovalPage = Statement<
  Key & { limit: number },
  { readonly subject: string; readonly actor: string; readonly client_id: string }
>;

/** The statements of the store of remembered authorizations. */
export function compileAuthorizations(engine: SqlEngine) {
  const pages = new Map<string, RemovalPage>();
  return {
    find: prepareFind(engine, false),
    findActing: prepareFind(engine, true),
    ...compileSingle(engine),
    ...compileListings(engine),
    ...compileRemoval(engine),
    removalPage(named: readonly Member[]): RemovalPage {
      const name = `${TABLE}.removal_page.${named.join('_')}`;
      const page = pages.get(name) ?? prepareRemovalPage(engine, name, named);
      pages.set(name, page);
      return page;
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
      .where(ofTenant(p.tid))
      .where('version', '>', sql.lit(0))
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

/** Each row by its whole key: no plan can make more of it. */
function compileRemoval({ builder: db }: SqlEngine) {
  return {
    removeGrants: prepare(`${TABLE}.remove_grants`, (p: Params<Key>) =>
      db
        .deleteFrom('grants')
        .where(ofTenant(p.tid))
        .where('subject', '=', p.subject)
        .where('actor', '=', p.actor)
        .where('client_id', '=', p.client_id)
        .where('payload', 'is not', null),
    ),
    removeRecord: prepare(`${TABLE}.remove_record`, (p: Params<Key>) =>
      db
        .deleteFrom(TABLE)
        .where('tid', '=', p.tid)
        .where('subject', '=', p.subject)
        .where('actor', '=', p.actor)
        .where('client_id', '=', p.client_id),
    ),
  };
}

function prepareRemovalPage({ builder: db, verbs }: SqlEngine, name: string, named: readonly Member[]): RemovalPage {
  return verbs.lockRows(name, (p: Params<Key & { limit: number }>) => {
    let query = db.selectFrom(TABLE).select(['subject', 'actor', 'client_id']);
    query = named.includes('subject')
      ? query.where('tid', '=', p.tid)
      : query.where(ofTenant(p.tid)).where('version', '>', sql.lit(0));
    for (const member of named) query = query.where(member, '=', p[member]);
    return query.orderBy('subject').orderBy('actor').orderBy('client_id').limit(p.limit);
  });
}
