import { type Expression, type SqlBool, sql } from 'kysely';
import { latestMark, type NotBefore } from '../../domain/revocation.ts';
import { goodStanding, type Standing } from '../../ports/stores/revocations.ts';
import type { StatementBuilder } from './schema.ts';

/** What marks are looked up for, and when. Each member is a placeholder, or a column of the row that is being read. */
export interface MarkLookup {
  readonly tid: Expression<string>;
  readonly subject: Expression<string>;
  readonly actor: Expression<string>;
  readonly clientId: Expression<string>;
  readonly now: Expression<number>;
}

const plainColumns = ['mark_0', 'mark_1', 'mark_2', 'mark_3'] as const;
const actorColumns = ['mark_4', 'mark_5', 'mark_6', 'mark_7'] as const;
type PlainColumn = (typeof plainColumns)[number];
type ActorColumn = (typeof actorColumns)[number];

/** The marks of a row, each `not_before:revocations`; null: there is none. */
export type MarkRow = { readonly [K in PlainColumn]: string | null } & { readonly [K in ActorColumn]?: string | null };

/**
 * Columns with the marks against a thing whatever its actor: against everything, its subject, its client, and both. Each is
 * a look-up by the whole primary key, however many marks there are.
 */
export function plainMarks(db: StatementBuilder, lookup: MarkLookup) {
  return targetsOf(db, lookup, sql.lit('')).map((mark, index) => mark.as(plainColumns[index] ?? 'mark_0'));
}

/** The same marks with its actor. Where `hasActor` is given and false, no look-up takes place. */
export function actorMarks(db: StatementBuilder, lookup: MarkLookup, hasActor?: Expression<SqlBool>) {
  return targetsOf(db, lookup, lookup.actor).map((mark, index) => {
    const value = hasActor ? sql<string | null>`case when ${hasActor} then ${mark} end` : mark;
    return value.as(actorColumns[index] ?? 'mark_4');
  });
}

function targetsOf(db: StatementBuilder, lookup: MarkLookup, actor: Expression<string>) {
  const { tid, subject, clientId, now } = lookup;
  const none = sql.lit('');
  const targets = [
    [none, none],
    [subject, none],
    [none, clientId],
    [subject, clientId],
  ] as const;
  return targets.map(([markSubject, markClient]) => {
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
export function standingOf(row: MarkRow, ended: boolean): Standing {
  const marks: NotBefore[] = [];
  for (const column of plainColumns) addMark(marks, row[column]);
  for (const column of actorColumns) addMark(marks, row[column]);
  return marks.length === 0 && !ended ? goodStanding : { ended, notBefore: latestMark(marks) };
}

function addMark(marks: NotBefore[], text: string | null | undefined): void {
  if (!text) return;
  const [at, count] = text.split(':');
  marks.push({ at: Number(at), count: Number(count) });
}
