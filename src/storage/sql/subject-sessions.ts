import type { SubjectSession } from '../../domain/subject-session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyedSubjectSession, SessionCreation, SubjectSessionStore } from '../../ports/stores/stores.ts';
import { changeRow } from './change-row.ts';
import { ask, type Script, type SqlEngine, tell } from './engine.ts';
import { NEVER } from './schema.ts';
import { compileSubjectSessions } from './subject-session-statements.ts';
import { fromColumnText, readPayload } from './text.ts';

type Statements = ReturnType<typeof compileSubjectSessions>;
type Quota = { readonly limit: number; readonly onExhaustion: 'close-oldest' | 'deny' };

/** The subject sessions of all tenants. */
export function createSubjectSessions(engine: SqlEngine, clock: Clock): (tid: string) => SubjectSessionStore {
  const statements = compileSubjectSessions(engine);
  return (tid) => ({
    create: (key, session, quota) =>
      engine.transaction(() => createUnderQuota(engine, statements, { tid, key, now: clock.now() }, session, quota)),
    async get(key) {
      const [row] = (await engine.read(statements.get, { tid, key, now: clock.now() })).rows;
      return row && readPayload<SubjectSession>(row.payload);
    },
    async use(key) {
      const [row] = (await engine.write(statements.use, { tid, key, now: clock.now() })).rows;
      return row && readPayload<SubjectSession>(row.payload);
    },
    update: (key, change) => {
      const at = { tid, key, now: clock.now() };
      return changeRow({
        engine,
        key: at,
        select: statements.get,
        lock: statements.lock,
        decide(row) {
          if (!row) return undefined;
          const value = change(readPayload<SubjectSession>(row.payload));
          const write = { ...at, ...columnsOf(value, at.now), version: row.version };
          return { value, write: () => ask(statements.replace, write) };
        },
      });
    },
    async remove(key) {
      const [row] = (await engine.write(statements.remove, { tid, key, now: clock.now() })).rows;
      return row && readPayload<SubjectSession>(row.payload);
    },
    async listBySubject(sub) {
      return toSessions((await engine.read(statements.listBySubject, { tid, sub, now: clock.now() })).rows);
    },
    async removeBySubject(sub) {
      const { rows } = await engine.write(statements.removeBySubject, { tid, sub, now: clock.now() });
      return toSessions([...rows].sort((a, b) => a.seq - b.seq));
    },
    ...overview(engine, statements, clock, tid),
  });
}

/** What concerns all sessions of a tenant. */
function overview(engine: SqlEngine, statements: Statements, clock: Clock, tid: string) {
  return {
    async list(page: { readonly after?: string; readonly limit: number }) {
      const args = { tid, after: page.after ?? '', limit: page.limit, now: clock.now() };
      return toSessions((await engine.read(statements.list, args)).rows);
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
  engine: SqlEngine,
  statements: Statements,
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
    closed.push(...removed.rows.map((row) => ({ key: fromColumnText(oldest.key), session: readSession(row) })));
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

function readSession(row: { readonly payload: string }): SubjectSession {
  return readPayload<SubjectSession>(row.payload);
}

function toSessions(
  rows: readonly { readonly key: string; readonly payload: string }[],
): readonly KeyedSubjectSession[] {
  return rows.map((row) => ({ key: fromColumnText(row.key), session: readSession(row) }));
}
