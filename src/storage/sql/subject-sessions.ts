import type { SubjectSession } from '../../domain/subject-session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyedSubjectSession, SessionCreation, SubjectSessionStore } from '../../ports/stores/stores.ts';
import { changeRow } from './change-row.ts';
import { ask, type Script, type SqlEngine, tell } from './engine.ts';
import { fillPage, type PayloadReader } from './payload.ts';
import { NEVER } from './schema.ts';
import { compileSubjectSessions } from './subject-session-statements.ts';
import { fromColumnText } from './text.ts';

type Statements = ReturnType<typeof compileSubjectSessions>;
type SessionReader = (row: { readonly payload: string } | undefined, key: string) => SubjectSession | undefined;
type Parts = { readonly engine: SqlEngine; readonly statements: Statements; readonly sessionOf: SessionReader };
type Quota = { readonly limit: number; readonly onExhaustion: 'close-oldest' | 'deny' };

/** The subject sessions of all tenants. */
export function createSubjectSessions(
  engine: SqlEngine,
  clock: Clock,
  read: PayloadReader,
): (tid: string) => SubjectSessionStore {
  const statements = compileSubjectSessions(engine);
  const sessionOf: SessionReader = (row, key) => row && read<SubjectSession>(row.payload, 'subject_sessions', key);
  return (tid) => ({
    create: (key, session, quota) =>
      engine.transaction(() =>
        createUnderQuota({ engine, statements, sessionOf }, { tid, key, now: clock.now() }, session, quota),
      ),
    async get(key) {
      const [row] = (await engine.read(statements.get, { tid, key, now: clock.now() })).rows;
      return sessionOf(row, key);
    },
    async use(key) {
      const [row] = (await engine.write(statements.use, { tid, key, now: clock.now() })).rows;
      return sessionOf(row, key);
    },
    update: (key, change) => {
      const at = { tid, key, now: clock.now() };
      return changeRow({
        engine,
        key: at,
        select: statements.get,
        lock: statements.lock,
        decide(row) {
          const current = sessionOf(row, key);
          if (!row || !current) return undefined;
          const value = change(current);
          const write = { ...at, ...columnsOf(value, at.now), version: row.version };
          return { value, write: () => ask(statements.replace, write) };
        },
      });
    },
    async remove(key) {
      const [row] = (await engine.write(statements.remove, { tid, key, now: clock.now() })).rows;
      return sessionOf(row, key);
    },
    async listBySubject(sub) {
      return toSessions((await engine.read(statements.listBySubject, { tid, sub, now: clock.now() })).rows, sessionOf);
    },
    async removeBySubject(sub) {
      const { rows } = await engine.write(statements.removeBySubject, { tid, sub, now: clock.now() });
      return toSessions(
        [...rows].sort((a, b) => a.seq - b.seq),
        sessionOf,
      );
    },
    ...overview({ engine, statements, sessionOf }, clock, tid),
  });
}

/** What concerns all sessions of a tenant. */
function overview({ engine, statements, sessionOf }: Parts, clock: Clock, tid: string) {
  return {
    list(page: { readonly after?: string; readonly limit: number }) {
      const now = clock.now();
      return fillPage(page, {
        read: async (after, limit) => (await engine.read(statements.list, { tid, after, limit, now })).rows,
        keyOf: (row) => fromColumnText(row.key),
        valueOf: (row) => toSessions([row], sessionOf)[0],
      });
    },
    async removeAll() {
      return (await engine.write(statements.removeAll, { tid, now: clock.now() })).count;
    },
    async count() {
      return (await engine.read(statements.count, { tid, now: clock.now() })).rows[0]?.count ?? 0;
    },
    async subjects(page: { readonly after?: string; readonly limit: number }) {
      const args = { tid, after: page.after ?? '', limit: page.limit, now: clock.now() };
      return (await engine.read(statements.subjects, args)).rows.map((row) => fromColumnText(row.sub));
    },
    async countSubjects() {
      return (await engine.read(statements.countSubjects, { tid, now: clock.now() })).rows[0]?.count ?? 0;
    },
  };
}

/** The lock is of (tenant, subject): the sessions are counted and changed by one creation at a time. */
function* createUnderQuota(
  { engine, statements, sessionOf }: Parts,
  at: { readonly tid: string; readonly key: string; readonly now: number },
  session: SubjectSession,
  quota: Quota,
): Script<SessionCreation> {
  const { tid, key, now } = at;
  const { sub } = session;
  if (engine.dialect === 'postgres') yield* tell(statements.lockSubject, { tid, sub });
  const { rows } = yield* ask(statements.listBySubject, { tid, sub, now });
  const surplus = rows.slice(0, Math.max(0, rows.length + 1 - quota.limit));
  if (surplus.length > 0 && quota.onExhaustion === 'deny') return { outcome: 'denied' };
  const closed: KeyedSubjectSession[] = [];
  for (const oldest of surplus) {
    // A session that ended by itself in between was not closed by us.
    const removed = yield* ask(statements.remove, { tid, key: fromColumnText(oldest.key), now });
    closed.push(
      ...toSessions(
        removed.rows.map(({ payload }) => ({ key: oldest.key, payload })),
        sessionOf,
      ),
    );
  }
  const seq = (rows.at(-1)?.seq ?? 0) + 1;
  yield* tell(statements.insert, { tid, key, sub, ctx: session.ctx, seq, ...columnsOf(session, now) });
  return { outcome: 'created', closed };
}

/** The columns that follow from a session used at `now`. */
function columnsOf(session: SubjectSession, now: number) {
  const lifeEnd = session.max_life < 0 ? NEVER : session.creation_time + session.max_life * 60;
  const idle = session.max_idle < 0 ? NEVER - now : session.max_idle * 60;
  return {
    payload: JSON.stringify(session),
    life_end: lifeEnd,
    idle: session.max_idle < 0 ? -1 : idle,
    expires_at: Math.min(lifeEnd, now + idle),
  };
}

function toSessions(
  rows: readonly { readonly key: string; readonly payload: string }[],
  sessionOf: SessionReader,
): readonly KeyedSubjectSession[] {
  return rows.flatMap((row) => {
    const key = fromColumnText(row.key);
    const session = sessionOf(row, key);
    return session ? [{ key, session }] : [];
  });
}
