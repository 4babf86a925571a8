import type { Clock } from '../../ports/clock.ts';
import type { ExpendedStore } from '../../ports/stores/stores.ts';
import type { SqlEngine } from './engine.ts';
import { type Params, prepare } from './statement.ts';

type Lookup = { tid: string; kind: string; id: string; now: number };
type Use = Lookup & { expires_at: number };

/**
 * The registries of one-time things of all tenants. Consumption is one upsert: the row keeps the time of the use before as
 * that very statement saw it, so that the answer needs no second look.
 */
export function createExpended(engine: SqlEngine, clock: Clock): (tid: string) => ExpendedStore {
  const statements = compile(engine);
  return (tid) => ({
    async consume(kind, id, expiresAt) {
      const use = { tid, kind, id, now: clock.now(), expires_at: expiresAt };
      const at = (await engine.write(statements.consume, use)).rows[0]?.previous_at ?? undefined;
      return at === undefined ? { first: true } : { first: false, at };
    },
    async find(kind, id) {
      const { rows } = await engine.read(statements.find, { tid, kind, id, now: clock.now() });
      return rows[0]?.used_at;
    },
    async count() {
      const { rows } = await engine.read(statements.count, { tid, now: clock.now() });
      return rows[0]?.count ?? 0;
    },
  });
}

function compile({ builder: db, verbs }: SqlEngine) {
  const insert = (p: Params<Use>) =>
    db.insertInto('expended_tokens').values({
      tid: p.tid,
      kind: p.kind,
      id: p.id,
      used_at: p.now,
      expires_at: p.expires_at,
      previous_at: null,
    });
  return {
    consume: verbs.upsertReturning('expended_tokens.consume', (p: Params<Use>) =>
      insert(p)
        .onConflict((conflict) =>
          conflict.columns(['tid', 'kind', 'id']).doUpdateSet((row) => {
            const live = row('expended_tokens.expires_at', '>', p.now);
            const used = row.ref('expended_tokens.used_at');
            const expires = row.ref('expended_tokens.expires_at');
            return {
              previous_at: row.case().when(live).then(used).else(null).end(),
              used_at: row.case().when(live).then(used).else(row.ref('excluded.used_at')).end(),
              expires_at: row.case().when(live).then(expires).else(row.ref('excluded.expires_at')).end(),
            };
          }),
        )
        .returning('previous_at'),
    ),
    find: prepare('expended_tokens.find', (p: Params<Lookup>) =>
      db
        .selectFrom('expended_tokens')
        .select('used_at')
        .where('tid', '=', p.tid)
        .where('kind', '=', p.kind)
        .where('id', '=', p.id)
        .where('expires_at', '>', p.now),
    ),
    count: prepare('expended_tokens.count', (p: Params<{ tid: string; now: number }>) =>
      db
        .selectFrom('expended_tokens')
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('tid', '=', p.tid)
        .where('expires_at', '>', p.now),
    ),
  };
}
