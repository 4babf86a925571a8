import type { AccessToken } from '../../domain/access-token.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AccessTokenStore } from '../../ports/stores/stores.ts';
import { collectedInsert } from './collected-insert.ts';
import type { SqlEngine } from './engine.ts';
import { createStandingReader, endedById, standingColumn } from './marks.ts';
import type { PayloadReader } from './payload.ts';
import type { StatementBuilder } from './schema.ts';
import { type Params, prepare } from './statement.ts';

const TABLE = 'access_tokens';

type Live = { tid: string; key: string; now: number };
type Row = {
  tid: string;
  key: string;
  subject: string;
  actor: string;
  client_id: string;
  grant_id: string;
  token_id: string;
  payload: string;
  expires_at: number;
};

/** The stores of identifier-based access tokens of all tenants. */
export function createAccessTokens(
  engine: SqlEngine,
  clock: Clock,
  read: PayloadReader,
): (tid: string) => AccessTokenStore {
  const statements = { ...compileIssue(engine.builder), ...compileLive(engine.builder) };
  const insert = engine.collector(statements.insert);
  const standingOf = createStandingReader(engine);
  return (tid) => ({
    issue: (key, token) =>
      insert({
        tid,
        key,
        subject: token.subject,
        actor: token.actor ?? '',
        client_id: token.clientId,
        grant_id: token.grantId,
        token_id: token.id,
        payload: JSON.stringify(token),
        expires_at: token.expiresAt,
      }),
    async find(key) {
      const now = clock.now();
      const [row] = (await engine.read(statements.find, { tid, key, now })).rows;
      const token = row && read<AccessToken>(row.payload, TABLE, key);
      if (!token) return undefined;
      return { token, standing: await standingOf(tid, token, now, row) };
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

function compileIssue(db: StatementBuilder) {
  const one = prepare(`${TABLE}.insert`, (p: Params<Row>) =>
    db.insertInto(TABLE).values({
      tid: p.tid,
      key: p.key,
      subject: p.subject,
      actor: p.actor,
      client_id: p.client_id,
      grant_id: p.grant_id,
      token_id: p.token_id,
      payload: p.payload,
      expires_at: p.expires_at,
    }),
  );
  const types = {
    tid: 'text',
    key: 'text',
    subject: 'text',
    actor: 'text',
    client_id: 'text',
    grant_id: 'text',
    token_id: 'text',
    payload: 'text',
    expires_at: 'bigint',
  } as const;
  return {
    insert: collectedInsert<Row>(one, types, (rows) =>
      db
        .insertInto(TABLE)
        .columns(['tid', 'key', 'subject', 'actor', 'client_id', 'grant_id', 'token_id', 'payload', 'expires_at'])
        .expression(rows),
    ),
  };
}

function compileLive(db: StatementBuilder) {
  return {
    find: prepare(`${TABLE}.find`, (p: Params<Live>) =>
      db
        .selectFrom('access_tokens as token')
        .select((row) => {
          const lookup = {
            tid: row.ref('token.tid'),
            subject: row.ref('token.subject'),
            actor: row.ref('token.actor'),
            clientId: row.ref('token.client_id'),
            now: p.now,
          };
          const ids = [row.ref('token.grant_id'), row.ref('token.token_id')];
          const ended = ids.map((id) => endedById(db, lookup, id));
          return ['token.payload' as const, standingColumn(db, lookup, { ended })];
        })
        .where('token.tid', '=', p.tid)
        .where('token.key', '=', p.key)
        .where('token.expires_at', '>', p.now),
    ),
    remove: prepare(`${TABLE}.remove`, (p: Params<Live>) =>
      db.deleteFrom(TABLE).where('tid', '=', p.tid).where('key', '=', p.key).where('expires_at', '>', p.now),
    ),
    count: prepare(`${TABLE}.count`, (p: Params<{ tid: string; now: number }>) =>
      db
        .selectFrom(TABLE)
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('tid', '=', p.tid)
        .where('expires_at', '>', p.now),
    ),
  };
}
