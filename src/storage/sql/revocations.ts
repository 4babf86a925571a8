import type { Clock } from '../../ports/clock.ts';
import { goodStanding, type RevocationStore, type Standing } from '../../ports/stores/revocations.ts';
import { revocationMembers } from '../revocation-members.ts';
import type { SqlEngine } from './engine.ts';
import { endedById, type StandingRow, standingColumn, standingOf } from './marks.ts';
import { type Args, type Params, prepare, type Statement } from './statement.ts';

type Target = { tid: string; subject: string; actor: string; client_id: string; now: number };
type Mark = Target & { not_before: number; expires_at: number };
/** IDs that one statement looks up; where there are more, another follows. */
const IDS = ['id_0', 'id_1'] as const;
type Lookup = Target & { id_0: string; id_1: string };

/** The revocation marks of all tenants. */
export function createRevocations(engine: SqlEngine, clock: Clock): (tid: string) => RevocationStore {
  const statements = compile(engine);

  async function standing(target: Target, ids: readonly string[]): Promise<Standing> {
    const kind = statements.standing[target.actor === '' ? 0 : 1]?.[Math.min(ids.length, IDS.length)];
    const [row] = kind ? (await engine.read(kind, { ...target, id_0: ids[0] ?? '', id_1: ids[1] ?? '' })).rows : [];
    if (!row) return goodStanding;
    const found = standingOf(row);
    if (found.ended || ids.length <= IDS.length) return found;
    return { ...found, ended: (await standing(target, ids.slice(IDS.length))).ended };
  }

  return (tid) => ({
    async revoke(target, at, retainUntil) {
      const { subject, actor, clientId } = revocationMembers(target);
      const mark = {
        tid,
        subject,
        actor,
        client_id: clientId,
        now: clock.now(),
        not_before: at,
        expires_at: retainUntil,
      };
      await engine.write(statements.revoke, mark);
    },
    standing: ({ subject, actor, clientId }, ids) =>
      standing({ tid, subject, actor, client_id: clientId, now: clock.now() }, ids),
    async count() {
      const { rows } = await engine.read(statements.count, { tid, now: clock.now() });
      return rows[0]?.count ?? 0;
    },
  });
}

function compile(engine: SqlEngine) {
  const { builder: db } = engine;
  return {
    revoke: prepareRevoke(engine),
    standing: [false, true].map((acting) => [0, 1, 2].map((ids) => prepareStanding(engine, acting, ids))),
    count: prepare('revocation_marks.count', (p: Params<{ tid: string; now: number }>) =>
      db
        .selectFrom('revocation_marks')
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('tid', '=', p.tid)
        .where('expires_at', '>', p.now),
    ),
  };
}

/** A statement for things with or without an actor, and with so many IDs. */
function prepareStanding(
  { builder: db }: SqlEngine,
  acting: boolean,
  ids: number,
): Statement<Lookup & Args, StandingRow> {
  return prepare(`revocation_marks.standing_${acting ? 'acting_' : ''}${ids}`, (p: Params<Lookup>) => {
    const lookup = { tid: p.tid, subject: p.subject, actor: p.actor, clientId: p.client_id, now: p.now };
    const ended = IDS.slice(0, ids).map((id) => endedById(db, lookup, p[id]));
    return db.selectNoFrom([standingColumn(db, lookup, { ended, acting })]);
  });
}

/** A mark moves forward; revocations of its second are counted; one that has expired counts for nothing. */
function prepareRevoke({ builder: db, verbs }: SqlEngine) {
  return verbs.upsertReturning('revocation_marks.revoke', (p: Params<Mark>) =>
    db
      .insertInto('revocation_marks')
      .values({
        tid: p.tid,
        subject: p.subject,
        actor: p.actor,
        client_id: p.client_id,
        not_before: p.not_before,
        revocations: 1,
        expires_at: p.expires_at,
      })
      .onConflict((conflict) =>
        conflict.columns(['tid', 'subject', 'actor', 'client_id']).doUpdateSet((row) => {
          const at = row.ref('revocation_marks.not_before');
          const forward = row.or([
            row('revocation_marks.expires_at', '<=', p.now),
            row('excluded.not_before', '>', at),
          ]);
          const longer = row.or([
            row('revocation_marks.expires_at', '<=', p.now),
            row('excluded.expires_at', '>', row.ref('revocation_marks.expires_at')),
          ]);
          return {
            not_before: row.case().when(forward).then(row.ref('excluded.not_before')).else(at).end(),
            revocations: row
              .case()
              .when(forward)
              .then(row.ref('excluded.revocations'))
              .when('excluded.not_before', '=', at)
              .then(row('revocation_marks.revocations', '+', 1))
              .else(row.ref('revocation_marks.revocations'))
              .end(),
            expires_at: row
              .case()
              .when(longer)
              .then(row.ref('excluded.expires_at'))
              .else(row.ref('revocation_marks.expires_at'))
              .end(),
          };
        }),
      ),
  );
}
