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

/** What speaks against a row, as words with blanks between: `ended`, and marks, each `not_before:revocations`. */
export type StandingRow = { readonly standing: string };

/**
 * A column with what speaks against a thing: the words of `ended`, and the marks against everything, its subject, its client,
 * and both; where it is `acting`, the same marks with its actor, too. Each mark is a look-up by the whole primary key, however
 * many there are. One column, since the driver pays for each.
 */
export function standingColumn(
  db: StatementBuilder,
  lookup: MarkLookup,
  { ended = [], acting = false }: { readonly ended?: readonly Expression<string | null>[]; readonly acting?: boolean },
) {
  const actors = acting ? [none, lookup.actor] : [none];
  const words = [...ended, ...actors.flatMap((actor) => marksOf(db, lookup, actor))];
  return sql<string>`concat_ws(' ', ${sql.join(words)})`.as('standing');
}

const none = sql.lit('');

function marksOf(db: StatementBuilder, { tid, subject, clientId, now }: MarkLookup, actor: Expression<string>) {
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

/** The word `ended` if the grant or token of this ID has ended. */
export function endedById(db: StatementBuilder, { tid, now }: Pick<MarkLookup, 'tid' | 'now'>, id: Expression<string>) {
  const row = db
    .selectFrom('grants')
    .select(sql.lit('ended').as('word'))
    .where('grants.tid', '=', tid)
    .where('grants.id', '=', id)
    .where('grants.ended', '=', 1)
    .where('grants.expires_at', '>', now);
  return sql<string | null>`(${row})`;
}

/** The standing that a row tells of. */
export function standingOf({ standing }: StandingRow): Standing {
  if (standing === '') return goodStanding;
  const words = standing.split(' ');
  const marks = words.filter((word) => word !== 'ended');
  return { ended: marks.length < words.length, notBefore: latestMark(marks.map(markOf)) };
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
): (tid: string, thing: FoundParties, now: number, row: StandingRow) => Promise<Standing> {
  const { builder: db } = engine;
  type Lookup = { tid: string; subject: string; actor: string; client_id: string; now: number };
  const acting = prepare('revocation_marks.acting', (p: Params<Lookup>) =>
    db.selectNoFrom([
      standingColumn(
        db,
        { tid: p.tid, subject: p.subject, actor: p.actor, clientId: p.client_id, now: p.now },
        { acting: true },
      ),
    ]),
  );
  return async (tid, { subject, actor, clientId }, now, row) => {
    const plain = standingOf(row);
    if (actor === undefined) return plain;
    const [marks] = (await engine.read(acting, { tid, subject, actor, client_id: clientId, now })).rows;
    return marks ? { ...standingOf(marks), ended: plain.ended } : plain;
  };
}
