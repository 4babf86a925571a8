import type { PendingCode } from '../../domain/pending-code.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CodeRedemption, CodeStore } from '../../ports/stores/stores.ts';
import { collectedInsert } from './collected-insert.ts';
import type { SqlEngine } from './engine.ts';
import type { PayloadReader } from './payload.ts';
import type { StatementBuilder } from './schema.ts';
import { type Params, prepare } from './statement.ts';

type Live = { tid: string; key: string; now: number };
type Row = { tid: string; key: string; payload: string; expires_at: number; retain_until: number; redeemed: number };

/** The code stores of all tenants. A row is purged at `expires_at`, which redemption moves to `retain_until`. */
export function createCodes(engine: SqlEngine, clock: Clock, read: PayloadReader): (tid: string) => CodeStore {
  const statements = compile(engine.builder);
  const insert = engine.collector(statements.insert);

  async function redeem(tid: string, key: string): Promise<CodeRedemption> {
    const at = { tid, key, now: clock.now() };
    const [spent] = (await engine.write(statements.redeem, at)).rows;
    const outcome = spent ? 'redeemed' : 'replayed';
    const row = spent ?? (await engine.read(statements.replayed, at)).rows[0];
    const code = row && read<PendingCode>(row.payload, 'pending_codes', key);
    return code ? { outcome, code } : { outcome: 'unknown' };
  }

  return (tid) => ({
    issue: (key, code, expiresAt, retainUntil) => {
      const payload = JSON.stringify(code);
      return insert({ tid, key, payload, expires_at: expiresAt, retain_until: retainUntil, redeemed: 0 });
    },
    redeem: (key) => redeem(tid, key),
    async count() {
      const { rows } = await engine.read(statements.count, { tid, now: clock.now() });
      return rows[0]?.count ?? 0;
    },
  });
}

function compile(db: StatementBuilder) {
  const one = prepare('pending_codes.insert', (p: Params<Row>) =>
    db.insertInto('pending_codes').values({
      tid: p.tid,
      key: p.key,
      payload: p.payload,
      expires_at: p.expires_at,
      retain_until: p.retain_until,
      redeemed: p.redeemed,
    }),
  );
  const types = {
    tid: 'text',
    key: 'text',
    payload: 'text',
    expires_at: 'bigint',
    retain_until: 'bigint',
    redeemed: 'bigint',
  } as const;
  return {
    insert: collectedInsert<Row>(one, types, (rows) =>
      db
        .insertInto('pending_codes')
        .columns(['tid', 'key', 'payload', 'expires_at', 'retain_until', 'redeemed'])
        .expression(rows),
    ),
    redeem: prepare('pending_codes.redeem', (p: Params<Live>) =>
      db
        .updateTable('pending_codes')
        .set((row) => ({ redeemed: 1, expires_at: row.ref('retain_until') }))
        .where('tid', '=', p.tid)
        .where('key', '=', p.key)
        .where('redeemed', '=', 0)
        .where('expires_at', '>', p.now)
        .returning('payload'),
    ),
    replayed: prepare('pending_codes.replayed', (p: Params<Live>) =>
      db
        .selectFrom('pending_codes')
        .select('payload')
        .where('tid', '=', p.tid)
        .where('key', '=', p.key)
        .where('redeemed', '=', 1)
        .where('expires_at', '>', p.now),
    ),
    count: prepare('pending_codes.count', (p: Params<{ tid: string; now: number }>) =>
      db
        .selectFrom('pending_codes')
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('tid', '=', p.tid)
        .where('redeemed', '=', 0)
        .where('expires_at', '>', p.now),
    ),
  };
}
