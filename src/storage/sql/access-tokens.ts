import type { AccessToken } from '../../domain/access-token.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AccessTokenStore } from '../../ports/stores/stores.ts';
import { collectedInsert } from './collected-insert.ts';
import type { SqlEngine } from './engine.ts';
import { journalMembers, matchesMembers } from './journal.ts';
import type { PayloadReader } from './payload.ts';
import type { StatementBuilder } from './schema.ts';
import { type Params, prepare } from './statement.ts';

type Live = { tid: string; key: string; now: number };
type Row = {
  tid: string;
  key: string;
  sub: string;
  act: string;
  cid: string;
  gid: string;
  payload: string;
  expires_at: number;
};

/** The stores of identifier-based access tokens of all tenants. */
export function createAccessTokens(
  engine: SqlEngine,
  clock: Clock,
  read: PayloadReader,
): (tid: string) => AccessTokenStore {
  const statements = compile(engine.builder);
  const insert = engine.collector(statements.insert);
  return (tid) => ({
    issue: (key, token) => {
      const { sub, act, cid, gid } = journalMembers(token);
      return insert({ tid, key, sub, act, cid, gid, payload: JSON.stringify(token), expires_at: token.exp });
    },
    async find(key) {
      const [row] = (await engine.read(statements.find, { tid, key, now: clock.now() })).rows;
      const token = row && read<AccessToken>(row.payload, 'id_access_tokens', key);
      return token && { token, revokedAt: row.revoked_at ?? undefined };
    },
    async remove(key) {
      return (await engine.write(statements.remove, { tid, key, now: clock.now() })).count > 0;
    },
    async count() {
      const { rows } = await engine.read(statements.count, { tid, now: clock.now() });
      return rows[0]?.count ?? 0;
    },
  });
}

function compile(db: StatementBuilder) {
  const one = prepare('id_access_tokens.insert', (p: Params<Row>) =>
    db.insertInto('id_access_tokens').values({
      tid: p.tid,
      key: p.key,
      sub: p.sub,
      act: p.act,
      cid: p.cid,
      gid: p.gid,
      payload: p.payload,
      expires_at: p.expires_at,
    }),
  );
  const types = {
    tid: 'text',
    key: 'text',
    sub: 'text',
    act: 'text',
    cid: 'text',
    gid: 'text',
    payload: 'text',
    expires_at: 'bigint',
  } as const;
  return {
    insert: collectedInsert<Row>(one, types, (rows) =>
      db
        .insertInto('id_access_tokens')
        .columns(['tid', 'key', 'sub', 'act', 'cid', 'gid', 'payload', 'expires_at'])
        .expression(rows),
    ),
    find: prepare('id_access_tokens.find', (p: Params<Live>) =>
      db
        .selectFrom('id_access_tokens as token')
        .select((token) => [
          'token.payload',
          token
            .selectFrom('revocation_journal')
            .select((entry) => entry.fn.max<number | null>('revocation_journal.revoked_at').as('revoked_at'))
            .whereRef('revocation_journal.tid', '=', 'token.tid')
            .where((entry) =>
              matchesMembers(entry, {
                sub: entry.ref('token.sub'),
                act: entry.ref('token.act'),
                cid: entry.ref('token.cid'),
                gid: entry.ref('token.gid'),
              }),
            )
            .where('revocation_journal.expires_at', '>', p.now)
            .as('revoked_at'),
        ])
        .where('token.tid', '=', p.tid)
        .where('token.key', '=', p.key)
        .where('token.expires_at', '>', p.now),
    ),
    remove: prepare('id_access_tokens.remove', (p: Params<Live>) =>
      db
        .deleteFrom('id_access_tokens')
        .where('tid', '=', p.tid)
        .where('key', '=', p.key)
        .where('expires_at', '>', p.now)
        .returning('key'),
    ),
    count: prepare('id_access_tokens.count', (p: Params<{ tid: string; now: number }>) =>
      db
        .selectFrom('id_access_tokens')
        .select((token) => token.fn.countAll<number>().as('count'))
        .where('tid', '=', p.tid)
        .where('expires_at', '>', p.now),
    ),
  };
}
