import type { AuthorizationSession } from '../../domain/authorization-request.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuthzSessionStore } from '../../ports/stores/stores.ts';
import { collectedInsert } from './collected-insert.ts';
import type { SqlEngine } from './engine.ts';
import type { PayloadReader } from './payload.ts';
import type { StatementBuilder } from './schema.ts';
import { type Params, prepare } from './statement.ts';

type Live = { tid: string; key: string; now: number };
type Row = { tid: string; key: string; payload: string; version: number; expires_at: number };

/** The authorisation sessions of all tenants. */
export function createAuthzSessions(
  engine: SqlEngine,
  clock: Clock,
  read: PayloadReader,
): (tid: string) => AuthzSessionStore {
  const statements = compile(engine.builder);
  const insert = engine.collector(statements.insert);
  return (tid) => ({
    create: (key, session, expiresAt) =>
      insert({ tid, key, payload: JSON.stringify(session), version: 1, expires_at: expiresAt }),
    async get(key) {
      const [row] = (await engine.read(statements.get, { tid, key, now: clock.now() })).rows;
      const session = row && read<AuthorizationSession>(row.payload, 'auth_sessions', key);
      return session && { version: row.version, session };
    },
    async advance(key, version, next) {
      const change = { tid, key, now: clock.now(), version, payload: JSON.stringify(next) };
      return (await engine.write(statements.advance, change)).count > 0;
    },
    async complete(key, version) {
      return (await engine.write(statements.complete, { tid, key, now: clock.now(), version })).count > 0;
    },
    async count() {
      const { rows } = await engine.read(statements.count, { tid, now: clock.now() });
      return rows[0]?.count ?? 0;
    },
  });
}

function compile(db: StatementBuilder) {
  const one = prepare('auth_sessions.insert', (p: Params<Row>) =>
    db.insertInto('auth_sessions').values({
      tid: p.tid,
      key: p.key,
      payload: p.payload,
      version: p.version,
      expires_at: p.expires_at,
    }),
  );
  const types = { tid: 'text', key: 'text', payload: 'text', version: 'bigint', expires_at: 'bigint' } as const;
  return {
    insert: collectedInsert<Row>(one, types, (rows) =>
      db.insertInto('auth_sessions').columns(['tid', 'key', 'payload', 'version', 'expires_at']).expression(rows),
    ),
    get: prepare('auth_sessions.get', (p: Params<Live>) =>
      db
        .selectFrom('auth_sessions')
        .select(['payload', 'version'])
        .where('tid', '=', p.tid)
        .where('key', '=', p.key)
        .where('expires_at', '>', p.now),
    ),
    advance: prepare('auth_sessions.advance', (p: Params<Live & { version: number; payload: string }>) =>
      db
        .updateTable('auth_sessions')
        .set((row) => ({ payload: p.payload, version: row('version', '+', 1) }))
        .where('tid', '=', p.tid)
        .where('key', '=', p.key)
        .where('version', '=', p.version)
        .where('expires_at', '>', p.now),
    ),
    complete: prepare('auth_sessions.complete', (p: Params<Live & { version: number }>) =>
      db
        .deleteFrom('auth_sessions')
        .where('tid', '=', p.tid)
        .where('key', '=', p.key)
        .where('version', '=', p.version)
        .where('expires_at', '>', p.now),
    ),
    count: prepare('auth_sessions.count', (p: Params<{ tid: string; now: number }>) =>
      db
        .selectFrom('auth_sessions')
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('tid', '=', p.tid)
        .where('expires_at', '>', p.now),
    ),
  };
}
