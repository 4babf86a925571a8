import type { AuthorizationKey, RememberedAuthorization } from '../../domain/authorization.ts';
import { authorizationKey } from '../../domain/authorization.ts';
import { type Grant, type RefreshState, refreshEnd } from '../../domain/grant.ts';
import type { SubjectSession } from '../../domain/subject-session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FoundGrant, GrantStore, RefreshOutcome, RefreshUse } from '../../ports/stores/grants.ts';
import type { SubjectSessionStore } from '../../ports/stores/subject-sessions.ts';
import type { SqlEngine } from './engine.ts';
import { compileGrants, type StateRow } from './grant-statements.ts';
import { standingOf } from './marks.ts';
import type { PayloadReader } from './payload.ts';
import { NEVER } from './schema.ts';

type Parts = {
  readonly engine: SqlEngine;
  readonly statements: ReturnType<typeof compileGrants>;
  readonly clock: Clock;
  readonly read: PayloadReader;
  readonly sessions: (tid: string) => SubjectSessionStore;
};

/** The grants of all tenants. */
export function createGrants(
  engine: SqlEngine,
  clock: Clock,
  read: PayloadReader,
  sessions: (tid: string) => SubjectSessionStore,
): (tid: string) => GrantStore {
  const statements = compileGrants(engine);
  const insert = engine.collector(engine.verbs.addGrant);
  const parts = { engine, statements, clock, read, sessions };
  return (tid) => ({
    add(grant, limit) {
      const { authorization, refreshExpiresAt } = grant;
      const { subject, actor, clientId } = authorizationKey(authorization);
      const now = clock.now();
      return insert({
        tid,
        id: authorization.grantId,
        subject,
        actor,
        client_id: clientId,
        payload: JSON.stringify(grant),
        session_key: authorization.sessionKey ?? null,
        issued_at: now,
        expires_at: refreshEnd(refreshExpiresAt, authorization.refreshTokenMaxIdle, now) ?? NEVER,
        room: limit,
      });
    },
    find: (grantId, key) => find(parts, tid, grantId, key),
    use: (use) => record(parts, tid, use),
    async end(id, retainUntil) {
      await engine.write(statements.end, { tid, id, now: clock.now(), expires_at: retainUntil });
    },
    async count() {
      const { rows } = await engine.read(statements.count, { tid, now: clock.now() });
      return rows[0]?.count ?? 0;
    },
  });
}

async function find(parts: Parts, tid: string, grantId: string, key: AuthorizationKey): Promise<FoundGrant> {
  const { engine, statements, clock, read } = parts;
  const { subject, actor, clientId } = key;
  const args = { tid, id: grantId, subject, actor, client_id: clientId, now: clock.now() };
  const statement = actor === '' ? statements.find : statements.findActing;
  const [row] = (await engine.read(statement, args)).rows;
  if (!row) throw new Error('Statement grants.find answered no row');
  const standing = standingOf(row);
  const { ended } = standing;
  const grant = ended || row.payload === null ? undefined : read<Grant>(row.payload, 'grants', grantId);
  // Without its grant, a state would pass for that of a self-contained token.
  const broken = row.payload !== null && grant === undefined;
  return {
    grant,
    state: ended || broken ? undefined : stateOf(row),
    remembered:
      row.remembered === null
        ? undefined
        : read<RememberedAuthorization>(row.remembered, 'authorizations', `${subject}, ${actor}, ${clientId}`),
    session: grant && (await sessionOf(parts, tid, grant, row.session)),
    standing,
  };
}

function stateOf({ rotations, issued_at, used_at }: StateRow): RefreshState | undefined {
  if (rotations === null || issued_at === null || used_at === null) return undefined;
  return { rotations, issuedAt: issued_at, usedAt: used_at };
}

/** A grant of before its session was read along has to ask for it. */
async function sessionOf(
  { read, sessions }: Parts,
  tid: string,
  { authorization }: Grant,
  payload: string | null,
): Promise<SubjectSession | undefined> {
  const { sessionKey } = authorization;
  if (sessionKey === undefined) return undefined;
  return payload === null ? sessions(tid).get(sessionKey) : read(payload, 'subject_sessions', sessionKey);
}

async function record({ engine, statements, clock }: Parts, tid: string, use: RefreshUse): Promise<RefreshOutcome> {
  const { grantId: id, rotations: number, rotate, key } = use;
  const now = clock.now();
  const args = { tid, id, number, now, expires_at: use.expiresAt ?? NEVER };
  const issuedAt = rotate ? now : use.issuedAt;
  const rotations = rotate ? number + 1 : number;
  let used: StateRow | undefined;
  if (use.selfContained) {
    const { subject, actor, clientId } = key;
    const counter = { ...args, subject, actor, client_id: clientId, issued_at: issuedAt, rotations };
    [used] = (await engine.write(statements.useSelfContained, counter)).rows;
  } else {
    [used] = (await engine.write(rotate ? statements.rotate : statements.touch, args)).rows;
  }
  const state = used && stateOf(used);
  if (state) return { outcome: 'used', state };
  const [row] = (await engine.read(statements.state, { tid, id, now })).rows;
  const current = row && row.ended === 0 ? stateOf(row) : undefined;
  return current ? { outcome: 'superseded', state: current } : { outcome: 'ended' };
}
