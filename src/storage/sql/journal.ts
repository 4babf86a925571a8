import { type ExpressionBuilder, sql } from 'kysely';
import type { Clock } from '../../ports/clock.ts';
import type { RevocationJournal, RevocationTarget } from '../../ports/stores/stores.ts';
import type { SqlEngine } from './engine.ts';
import type { Schema, StatementBuilder } from './schema.ts';
import { type Params, prepare } from './statement.ts';

type Members = { sub: string; act: string; cid: string; gid: string };
type Lookup = Members & { tid: string; now: number };
type Entry = Lookup & { revoked_at: number; expires_at: number };

/** The members of a target as columns: an empty or missing one is not given. */
export function journalMembers(target: RevocationTarget): Members {
  return { sub: target.sub ?? '', act: target.act ?? '', cid: target.cid ?? '', gid: target.gid ?? '' };
}

/**
 * Each member of the entry is that of the token or not given. Written as lists, so that the primary key answers it with a
 * handful of probes however long the journal is.
 */
export function matchesMembers(
  entry: ExpressionBuilder<Schema, 'revocation_journal'>,
  token: { readonly [K in keyof Members]: unknown },
) {
  const none = sql.lit('');
  return entry.and([
    sql<boolean>`${entry.ref('revocation_journal.sub')} in (${token.sub}, ${none})`,
    sql<boolean>`${entry.ref('revocation_journal.act')} in (${token.act}, ${none})`,
    sql<boolean>`${entry.ref('revocation_journal.cid')} in (${token.cid}, ${none})`,
    sql<boolean>`${entry.ref('revocation_journal.gid')} in (${token.gid}, ${none})`,
  ]);
}

/** The revocation journals of all tenants. */
export function createJournal(engine: SqlEngine, clock: Clock): (tid: string) => RevocationJournal {
  const statements = compile(engine.builder);
  return (tid) => ({
    async revoke(target, at, retainUntil) {
      const members = journalMembers(target);
      if (Object.values(members).every((member) => member === '')) {
        throw new TypeError('Revocation target: expected at least one of sub, act, cid, gid, received none');
      }
      const entry = { tid, ...members, revoked_at: at, expires_at: retainUntil, now: clock.now() };
      await engine.write(statements.revoke, entry);
    },
    async latest(token) {
      const { rows } = await engine.read(statements.latest, { tid, ...journalMembers(token), now: clock.now() });
      return rows[0]?.revoked_at ?? undefined;
    },
    async count() {
      const { rows } = await engine.read(statements.count, { tid, now: clock.now() });
      return rows[0]?.count ?? 0;
    },
  });
}

function compile(db: StatementBuilder) {
  return {
    revoke: prepare('revocation_journal.revoke', (p: Params<Entry>) =>
      db
        .insertInto('revocation_journal')
        .values({
          tid: p.tid,
          sub: p.sub,
          act: p.act,
          cid: p.cid,
          gid: p.gid,
          revoked_at: p.revoked_at,
          expires_at: p.expires_at,
        })
        .onConflict((conflict) =>
          conflict.columns(['tid', 'sub', 'act', 'cid', 'gid']).doUpdateSet((row) => {
            const dead = row('revocation_journal.expires_at', '<=', p.now);
            const later = row('excluded.revoked_at', '>', row.ref('revocation_journal.revoked_at'));
            const longer = row('excluded.expires_at', '>', row.ref('revocation_journal.expires_at'));
            return {
              revoked_at: row
                .case()
                .when(row.or([dead, later]))
                .then(row.ref('excluded.revoked_at'))
                .else(row.ref('revocation_journal.revoked_at'))
                .end(),
              expires_at: row
                .case()
                .when(row.or([dead, longer]))
                .then(row.ref('excluded.expires_at'))
                .else(row.ref('revocation_journal.expires_at'))
                .end(),
            };
          }),
        ),
    ),
    latest: prepare('revocation_journal.latest', (p: Params<Lookup>) =>
      db
        .selectFrom('revocation_journal')
        .select((entry) => entry.fn.max('revoked_at').as('revoked_at'))
        .where('tid', '=', p.tid)
        .where((entry) => matchesMembers(entry, p))
        .where('expires_at', '>', p.now),
    ),
    count: prepare('revocation_journal.count', (p: Params<{ tid: string; now: number }>) =>
      db
        .selectFrom('revocation_journal')
        .select((entry) => entry.fn.countAll<number>().as('count'))
        .where('tid', '=', p.tid)
        .where('expires_at', '>', p.now),
    ),
  };
}
