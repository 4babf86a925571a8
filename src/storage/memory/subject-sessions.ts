import { type SubjectSession, sessionExpiry } from '../../domain/subject-session.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  FollowSessions,
  FollowUp,
  KeyedSubjectSession,
  SessionClosing,
  SubjectSessionStore,
} from '../../ports/stores/subject-sessions.ts';

/** Sessions are kept as they are: every visit and every refreshed ID token looks one up. */
interface Entry extends KeyedSubjectSession {
  /** Unix seconds; infinite: never. */
  readonly expiresAt: number;
}

/** The store, with what a purge needs. */
export interface MemorySubjectSessions extends SubjectSessionStore {
  /** The living session. */
  getNow(key: string): SubjectSession | undefined;
  /** Ends the expired sessions among the next `limit` ones; answers how many, and whether the end was reached. */
  sweep(now: number, limit: number, follow: FollowSessions): { readonly removed: number; readonly done: boolean };
}

/**
 * The subject sessions of a tenant, with the keys of each subject in order of creation. An expired session stays until the
 * purge, which tells of it.
 *
 * @param write keeps what follows from the end of sessions
 */
export function createSubjectSessions(
  clock: Clock,
  write: (followUps: readonly FollowUp[]) => void,
): MemorySubjectSessions {
  const sessions = new Map<string, Entry>();
  const subjects = new Map<string, Set<string>>();
  let cursor: IterableIterator<Entry> | undefined;

  function live(key: string): Entry | undefined {
    const entry = sessions.get(key);
    return entry && entry.expiresAt > clock.now() ? entry : undefined;
  }

  function put(key: string, session: SubjectSession): void {
    const expiresAt = sessionExpiry(session, clock.now()) ?? Number.POSITIVE_INFINITY;
    sessions.set(key, { key, session: Object.freeze(session), expiresAt });
  }

  function enterIndex(sub: string, key: string): void {
    const keys = subjects.get(sub);
    if (keys) keys.add(key);
    else subjects.set(sub, new Set([key]));
  }

  /** Live sessions of a subject. */
  function ofSubject(sub: string): Entry[] {
    return [...(subjects.get(sub) ?? [])].flatMap((key) => live(key) ?? []);
  }

  function all(): Entry[] {
    const now = clock.now();
    return [...sessions.values()].filter((entry) => entry.expiresAt > now);
  }

  /** The one door through which sessions end. What follows is asked for first: should that fail, they live. */
  function end(entries: readonly Entry[], follow: FollowSessions): KeyedSubjectSession[] {
    const ended = entries.map(keyed);
    if (ended.length > 0) write(follow(ended));
    for (const { key, session } of ended) {
      sessions.delete(key);
      const keys = subjects.get(session.sub);
      keys?.delete(key);
      if (keys?.size === 0) subjects.delete(session.sub);
    }
    return ended;
  }

  function chosen(what: SessionClosing): Entry[] {
    if (what === 'all') return all();
    if ('subject' in what) return ofSubject(what.subject);
    const entry = live(what.key);
    return entry ? [entry] : [];
  }

  return {
    sweep(now, limit, follow) {
      cursor ??= sessions.values();
      const expired: Entry[] = [];
      let done = false;
      for (let seen = 0; seen < limit && !done; seen++) {
        const next = cursor.next();
        if (next.done) done = true;
        else if (next.value.expiresAt <= now) expired.push(next.value);
      }
      if (done) cursor = undefined;
      end(expired, follow);
      return { removed: expired.length, done };
    },
    async create(key, session, quota, follow) {
      if (live(key)) throw new Error('Subject session: the key is taken');
      const present = ofSubject(session.sub);
      const surplus = present.slice(0, Math.max(0, present.length + 1 - quota.limit));
      if (surplus.length > 0 && quota.onExhaustion === 'deny') return { outcome: 'denied' };
      const closed = end(surplus, follow);
      put(key, session);
      enterIndex(session.sub, key);
      return { outcome: 'created', closed };
    },
    async close(what, follow) {
      const closed = end(chosen(what), follow);
      return { count: closed.length, sessions: what === 'all' ? [] : closed };
    },
    ...lookUps(live, put),
    listBySubject: async (sub) => ofSubject(sub).map(keyed),
    ...overview({ all, subjects, ofSubject }),
  };
}

/** What concerns one session. */
function lookUps(live: (key: string) => Entry | undefined, put: (key: string, session: SubjectSession) => void) {
  const getNow = (key: string) => live(key)?.session;
  return {
    getNow,
    get: async (key: string) => getNow(key),
    async use(key: string) {
      const session = live(key)?.session;
      if (session) put(key, session);
      return session;
    },
    async update(key: string, change: (current: SubjectSession) => SubjectSession) {
      const current = live(key)?.session;
      if (!current) return undefined;
      const next = change(current);
      put(key, next);
      return next;
    },
  };
}

/** What concerns all sessions of a tenant. */
function overview(parts: {
  all(): Entry[];
  readonly subjects: ReadonlyMap<string, unknown>;
  ofSubject(sub: string): Entry[];
}): Pick<SubjectSessionStore, 'list' | 'count' | 'subjects' | 'countSubjects'> {
  const liveSubjects = () => [...parts.subjects.keys()].filter((sub) => parts.ofSubject(sub).length > 0);
  return {
    async list({ after = '', limit }) {
      return parts
        .all()
        .filter((entry) => entry.key > after)
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .slice(0, limit)
        .map(keyed);
    },
    count: async () => parts.all().length,
    async subjects({ after = '', limit }) {
      return liveSubjects()
        .filter((sub) => sub > after)
        .sort()
        .slice(0, limit);
    },
    countSubjects: async () => liveSubjects().length,
  };
}

function keyed({ key, session }: Entry): KeyedSubjectSession {
  return { key, session };
}
