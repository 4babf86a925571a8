import type { PendingCode } from '../../domain/pending-code.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CodeRedemption, CodeStore } from '../../ports/stores/stores.ts';
import { collectedInsert } from './collected-insert.ts';
import type { SqlEngine } from './engine.ts';
import { createStandingReader, endedById, standingColumn } from './marks.ts';
import type { PayloadReader } from './payload.ts';
import { type Params, prepare } from './statement.ts';

const TABLE = 'pending_codes';

type Live = { tid: string; key: string; now: number };
type Row = {
  tid: string;
  key: string;
  subject: string;
  actor: string;
  client_id: string;
  grant_id: string;
  payload: string;
  expires_at: number;
  retain_until: number;
  redeemed: number;
};

/** The code stores of all tenants. A row is purged at `expires_at`, which redemption moves to `retain_until`. */
export function createCodes(engine: SqlEngine, clock: Clock, read: PayloadReader): (tid: string) => CodeStore {
  const statements = { ...compileIssue(engine), ...compileRedemption(engine) };
  const insert = engine.collector(statements.insert);
  const standingOf = createStandingReader(engine);

  async function redeem(tid: string, key: string): Promise<CodeRedemption> {
    const at = { tid, key, now: clock.now() };
    const [spent] = (await engine.write(statements.redeem, at)).rows;
    const row = spent ?? (await engine.read(statements.replayed, at)).rows[0];
    const code = row && read<PendingCode>(row.payload, TABLE, key);
    if (!code) return { outcome: 'unknown' };
    if (!spent) return { outcome: 'replayed', code };
    const standing = await standingOf(tid, code.authorization, at.now, spent);
    return { outcome: 'redeemed', code, standing };
  }

  return (tid) => ({
    issue: (key, code, expiresAt, retainUntil) => {
      const { subject, actor = '', clientId, grantId } = code.authorization;
      return insert({
        tid,
        key,
        subject,
        actor,
        client_id: clientId,
        grant_id: grantId,
        payload: JSON.stringify(code),
        expires_at: expiresAt,
        retain_until: retainUntil,
        redeemed: 0,
      });
    },
    redeem: (key) => redeem(tid, key),
    async count() {
      const { rows } = await engine.read(statements.count, { tid, now: clock.now() });
      return rows[0]?.count ?? 0;
    },
  });
}

function compileIssue({ builder: db }: SqlEngine) {
  const one = prepare(`${TABLE}.insert`, (p: Params<Row>) =>
    db.insertInto(TABLE).values({
      tid: p.tid,
      key: p.key,
      subject: p.subject,
      actor: p.actor,
      client_id: p.client_id,
      grant_id: p.grant_id,
      payload: p.payload,
      expires_at: p.expires_at,
      retain_until: p.retain_until,
      redeemed: p.redeemed,
    }),
  );
  const types = {
    tid: 'text',
    key: 'text',
    subject: 'text',
    actor: 'text',
    client_id: 'text',
    grant_id: 'text',
    payload: 'text',
    expires_at: 'bigint',
    retain_until: 'bigint',
    redeemed: 'bigint',
  } as const;
  return {
    insert: collectedInsert<Row>(one, types, (rows) =>
      db
        .insertInto(TABLE)
        .columns([
          'tid',
          'key',
          'subject',
          'actor',
          'client_id',
          'grant_id',
          'payload',
          'expires_at',
          'retain_until',
          'redeemed',
        ])
        .expression(rows),
    ),
    count: prepare(`${TABLE}.count`, (p: Params<{ tid: string; now: number }>) =>
      db
        .selectFrom(TABLE)
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('tid', '=', p.tid)
        .where('redeemed', '=', 0)
        .where('expires_at', '>', p.now),
    ),
  };
}

function compileRedemption({ builder: db, verbs }: SqlEngine) {
  return {
    redeem: verbs.updateReturning(`${TABLE}.redeem`, (p: Params<Live>) =>
      db
        .updateTable(TABLE)
        .set((row) => ({ redeemed: 1, expires_at: row.ref('retain_until') }))
        .where('tid', '=', p.tid)
        .where('key', '=', p.key)
        .where('redeemed', '=', 0)
        .where('expires_at', '>', p.now)
        .returning((row) => {
          const lookup = {
            tid: row.ref('pending_codes.tid'),
            subject: row.ref('pending_codes.subject'),
            actor: row.ref('pending_codes.actor'),
            clientId: row.ref('pending_codes.client_id'),
            now: p.now,
          };
          const ended = [endedById(db, lookup, row.ref('pending_codes.grant_id'))];
          return ['pending_codes.payload' as const, standingColumn(db, lookup, { ended })];
        }),
    ),
    replayed: prepare(`${TABLE}.replayed`, (p: Params<Live>) =>
      db
        .selectFrom(TABLE)
        .select('payload')
        .where('tid', '=', p.tid)
        .where('key', '=', p.key)
        .where('redeemed', '=', 1)
        .where('expires_at', '>', p.now),
    ),
  };
}
