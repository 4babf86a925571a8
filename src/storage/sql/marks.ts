import { type Expression, sql } from 'kysely';
import { latestMark, type NotBefore } from '../../domain/revocation.ts';
import { goodStanding, type Standing } from '../../ports/stores/revocations.ts';
import type { SqlEngine } from './engine.ts';
import type { StatementBuilder } from './schema.ts';
import { type Params, prepare } from './statement.ts';

/** What marks are looked up for, and when. Each member is a placeholder, or a column of the row that is being read. */
export interface MarkLookup {
  readonly tid: Expression<string>;
  readonly subject: Expression<string>;
  readonly actor: Expression<string>;
  readonly clientId: Expression<string>;
  readonly now: Expression<number>;
}

/** The marks of a row, each `not_before:revocations`, with blanks between them. */
export type MarkRow = { readonly marks: string; readonly actor_marks?: string };

/**
 * A column with the marks against a thing whatever its actor: against everything, its subject, its client, and both. Each is
 * a look-up by the whole primary key, however many marks there are. One column, since the driver pays for each.
 */
export function plainMarks(db: StatementBuilder, lookup: MarkLookup) {
  return marksOf(db, lookup, sql.lit('')).as('marks');
}

/** The same marks with its actor. */
export function actorMarks(db: StatementBuilder, lookup: MarkLookup) {
  return marksOf(db, lookup, lookup.actor).as('actor_marks');
}

function marksOf(db: StatementBuilder, lookup: MarkLookup, actor: Expression<string>) {
  const { tid, subject, clientId, now } = lookup;
  const none = sql.lit('');
  const targets = [
    [none, none],
    [subject, none],
    [none, clientId],
    [subject, clientId],
  ] as const;
  const marks = targets.map(([markSubject, markClient]) => {
    const mark = db
      .selectFrom('revocation_marks')
      .select(sql<string>`not_before || ':' || revocations`.as('mark'))
      .where('revocation_marks.tid', '=', tid)
      .where('revocation_marks.subject', '=', markSubject)
      .where('revocation_marks.actor', '=', actor)
      .where('revocation_marks.client_id', '=', markClient)
      .where('revocation_marks.expires_at', '>', now);
    return sql<string | null>`(${mark})`;
  });
  return sql<string>`concat_ws(' ', ${sql.join(marks)})`;
}

/** Whether the grant or token of this ID has ended: 1; else 0, or null when nothing is on record. */
export function endedById(db: StatementBuilder, { tid, now }: Pick<MarkLookup, 'tid' | 'now'>, id: Expression<string>) {
  const row = db
    .selectFrom('grants')
    .select('grants.ended')
    .where('grants.tid', '=', tid)
    .where('grants.id', '=', id)
    .where('grants.expires_at', '>', now);
  return sql<number | null>`(${row})`;
}

/** The standing that a row with its marks tells of. */
export function standingOf({ marks, actor_marks: actorMarks = '' }: MarkRow, ended: boolean): Standing {
  if (marks === '' && actorMarks === '') return ended ? { ended, notBefore: undefined } : goodStanding;
  const texts = `${marks} ${actorMarks}`.split(' ').filter((text) => text !== '');
  return { ended, notBefore: latestMark(texts.map(markOf)) };
}

function markOf(text: string): NotBefore {
  const [at, count] = text.split(':');
  return { at: Number(at), count: Number(count) };
}

/** What a thing that was found by its key belongs to, as its record says. */
export interface FoundParties {
  readonly subject: string;
  readonly actor: string | undefined;
  readonly clientId: string;
}

/**
 * Completes the standing of a thing that was found by its key. Whether it has an actor is not known before, and four more
 * look-ups in the statement would cost everybody a third of its time, run or not: who has one pays a second statement.
 */
export function createStandingReader(
  engine: SqlEngine,
): (tid: string, thing: FoundParties, now: number, row: MarkRow, ended: boolean) => Promise<Standing> {
  const { builder: db } = engine;
  type Lookup = { tid: string; subject: string; actor: string; client_id: string; now: number };
  const acting = prepare('revocation_marks.acting', (p: Params<Lookup>) =>
    db.selectNoFrom([
      actorMarks(db, { tid: p.tid, subject: p.subject, actor: p.actor, clientId: p.client_id, now: p.now }),
    ]),
  );
  return async (tid, { subject, actor, clientId }, now, row, ended) => {
    if (actor === undefined) return standingOf(row, ended);
    const { rows } = await engine.read(acting, { tid, subject, actor, client_id: clientId, now });
    return standingOf({ ...row, ...rows[0] }, ended);
  };
}
