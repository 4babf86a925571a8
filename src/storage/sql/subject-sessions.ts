import type { SubjectSession } from '../../domain/subject-session.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  FollowSessions,
  KeyedSubjectSession,
  SessionClosing,
  SessionClosure,
  SessionCreation,
  SessionQuota,
  SubjectSessionStore,
} from '../../ports/stores/subject-sessions.ts';
import { changeRow } from './change-row.ts';
import { ask, type Script, type SqlEngine, tell } from './engine.ts';
import { fillPage, type PayloadReader } from './payload.ts';
import type { SqlRecords } from './records.ts';
import { NEVER } from './schema.ts';
import { compileSubjectSessions } from './subject-session-statements.ts';
import { fromColumnText } from './text.ts';

type Statements = ReturnType<typeof compileSubjectSessions>;
type SessionReader = (row: { readonly payload: string } | undefined, key: string) => SubjectSession | undefined;
type Parts = {
  readonly engine: SqlEngine;
  readonly statements: Statements;
  readonly records: SqlRecords;
  readonly clock: Clock;
  readonly sessionOf: SessionReader;
};
type Row = { readonly key: string; readonly payload: string };

/** Sessions that are closed in one transaction when all are. */
const CLOSING_PAGE = 500;

/** The subject sessions of all tenants; `records` keeps what follows from their end. */
export function createSubjectSessions(
  engine: SqlEngine,
  clock: Clock,
  read: PayloadReader,
  records: SqlRecords,
): (tid: string) => SubjectSessionStore {
  const statements = compileSubjectSessions(engine);
  const sessionOf: SessionReader = (row, key) => row && read<SubjectSession>(row.payload, 'subject_sessions', key);
  const parts: Parts = { engine, statements, records, clock, sessionOf };
  return (tid) => ({
    create: (key, session, quota, follow) =>
      engine.transaction(() => createUnderQuota(parts, { tid, key, now: clock.now() }, session, quota, follow)),
    async get(key) {
      const [row] = (await engine.read(statements.get, { tid, key, now: clock.now() })).rows;
      return sessionOf(row, key);
    },
    async use(key) {
      const [row] = (await engine.write(statements.use, { tid, key, now: clock.now() })).rows;
      return sessionOf(row, key);
    },
    update: (key, change) => update(parts, tid, key, change),
    close: (what, follow) => close(parts, tid, what, follow),
    async listBySubject(sub) {
      return toSessions((await engine.read(statements.listBySubject, { tid, sub, now: clock.now() })).rows, sessionOf);
    },
    ...overview(parts, tid),
  });
}

function update(
  { engine, statements, clock, sessionOf }: Parts,
  tid: string,
  key: string,
  change: (current: SubjectSession) => SubjectSession,
): Promise<SubjectSession | undefined> {
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
}

async function close(parts: Parts, tid: string, what: SessionClosing, follow: FollowSessions): Promise<SessionClosure> {
  const { engine, clock } = parts;
  if (what === 'all') return { count: await closeAll(parts, tid, follow), sessions: [] };
  const sessions = await engine.transaction(() => closeSome(parts, { tid, now: clock.now() }, what, follow));
  return { count: sessions.length, sessions };
}

function* closeSome(
  parts: Parts,
  at: { readonly tid: string; readonly now: number },
  what: { readonly key: string } | { readonly subject: string },
  follow: FollowSessions,
): Script<readonly KeyedSubjectSession[]> {
  const { statements } = parts;
  if ('subject' in what) {
    const { rows } = yield* ask(statements.lockBySubject, { ...at, sub: what.subject });
    return yield* end(
      parts,
      at,
      [...rows].sort((a, b) => a.seq - b.seq),
      follow,
    );
  }
  const { rows } = yield* ask(statements.lock, { ...at, key: what.key });
  return yield* end(
    parts,
    at,
    rows.map(({ payload }) => ({ key: what.key, payload })),
    follow,
  );
}

async function closeAll(parts: Parts, tid: string, follow: FollowSessions): Promise<number> {
  const { engine, statements, clock } = parts;
  let count = 0;
  let after = '';
  for (;;) {
    const at = { tid, now: clock.now() };
    const rows = await engine.transaction(function* () {
      const page = yield* ask(statements.lockPage, { ...at, after, limit: CLOSING_PAGE });
      yield* end(parts, at, page.rows, follow);
      return page.rows;
    });
    count += rows.length;
    after = fromColumnText(rows.at(-1)?.key ?? '');
    if (rows.length < CLOSING_PAGE) return count;
  }
}

/** The one door through which sessions end. The rows are held; they were locked in the order of their keys. */
function* end(
  { statements, records, sessionOf }: Parts,
  { tid, now }: { readonly tid: string; readonly now: number },
  rows: readonly Row[],
  follow: FollowSessions,
): Script<readonly KeyedSubjectSession[]> {
  const sessions = toSessions(rows, sessionOf);
  const followUps = sessions.length === 0 ? [] : follow(sessions);
  for (const { key } of rows) yield* tell(statements.remove, { tid, key: fromColumnText(key), now });
  yield* records.follow(tid, followUps);
  return sessions;
}

/** What concerns all sessions of a tenant. */
function overview({ engine, statements, clock, sessionOf }: Parts, tid: string) {
  return {
    list(page: { readonly after?: string; readonly limit: number }) {
      const now = clock.now();
      return fillPage(page, {
        read: async (after, limit) => (await engine.read(statements.list, { tid, after, limit, now })).rows,
        keyOf: (row) => fromColumnText(row.key),
        valueOf: (row) => toSessions([row], sessionOf)[0],
      });
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
  parts: Parts,
  at: { readonly tid: string; readonly key: string; readonly now: number },
  session: SubjectSession,
  quota: SessionQuota,
  follow: FollowSessions,
): Script<SessionCreation> {
  const { engine, statements } = parts;
  const { tid, key, now } = at;
  const { sub } = session;
  yield* engine.verbs.lockName(`${tid} ${sub}`);
  const { rows } = yield* ask(statements.listBySubject, { tid, sub, now });
  const surplus = new Set(rows.slice(0, Math.max(0, rows.length + 1 - quota.limit)).map((row) => row.key));
  if (surplus.size > 0 && quota.onExhaustion === 'deny') return { outcome: 'denied' };
  let closed: readonly KeyedSubjectSession[] = [];
  if (surplus.size > 0) {
    // A session that ended in between was not closed by us.
    const held = yield* ask(statements.lockBySubject, { tid, sub, now });
    const oldest = held.rows.filter((row) => surplus.has(row.key)).sort((a, b) => a.seq - b.seq);
    closed = yield* end(parts, at, oldest, follow);
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

function toSessions(rows: readonly Row[], sessionOf: SessionReader): readonly KeyedSubjectSession[] {
  return rows.flatMap((row) => {
    const key = fromColumnText(row.key);
    const session = sessionOf(row, key);
    return session ? [{ key, session }] : [];
  });
}
