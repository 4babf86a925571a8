import { type SubjectSession, sessionExpiry } from '../../domain/subject-session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyedSubjectSession, SubjectSessionStore } from '../../ports/stores/stores.ts';
import { countLive, createExpiringMap, type Expiring, type ExpiringMap } from './expiring-map.ts';

/** Sessions are kept as they are: every visit and every refreshed ID token looks one up. */
interface Entry extends Expiring, KeyedSubjectSession {}

/** The subject sessions of a tenant, with the keys of each subject in order of creation. */
export function createSubjectSessions(
  clock: Clock,
): SubjectSessionStore & { readonly sweep: ExpiringMap<Entry>['sweep'] } {
  const sessions = createExpiringMap<Entry>(Number.POSITIVE_INFINITY, leaveIndex);
  const subjects = new Map<string, Set<string>>();

  function write(key: string, session: SubjectSession): void {
    const expiresAt = sessionExpiry(session, clock.now()) ?? Number.POSITIVE_INFINITY;
    sessions.set(key, { key, session: Object.freeze(session), expiresAt });
  }

  function enterIndex(sub: string, key: string): void {
    const keys = subjects.get(sub);
    if (keys) keys.add(key);
    else subjects.set(sub, new Set([key]));
  }

  function leaveIndex({ key, session: { sub } }: Entry): void {
    const keys = subjects.get(sub);
    keys?.delete(key);
    if (keys?.size === 0) subjects.delete(sub);
  }

  /** Live sessions of a subject. */
  function ofSubject(sub: string): Entry[] {
    const now = clock.now();
    return [...(subjects.get(sub) ?? [])].flatMap((key) => sessions.get(key, now) ?? []);
  }

  function close(entry: Entry): KeyedSubjectSession {
    sessions.delete(entry.key);
    leaveIndex(entry);
    return keyed(entry);
  }

  function liveSubjects(): string[] {
    return [...subjects.keys()].filter((sub) => ofSubject(sub).length > 0);
  }

  return {
    sweep: sessions.sweep,
    async create(key, session, quota) {
      if (sessions.get(key, clock.now())) throw new Error('Subject session: the key is taken');
      const present = ofSubject(session.sub);
      const surplus = present.slice(0, Math.max(0, present.length + 1 - quota.limit));
      if (surplus.length > 0 && quota.onExhaustion === 'deny') return { outcome: 'denied' };
      const closed = surplus.map(close);
      write(key, session);
      enterIndex(session.sub, key);
      return { outcome: 'created', closed };
    },
    get: async (key) => sessions.get(key, clock.now())?.session,
    async use(key) {
      const session = sessions.get(key, clock.now())?.session;
      if (session) write(key, session);
      return session;
    },
    async update(key, change) {
      const current = sessions.get(key, clock.now())?.session;
      if (!current) return undefined;
      const next = change(current);
      write(key, next);
      return next;
    },
    async remove(key) {
      const entry = sessions.get(key, clock.now());
      return entry && close(entry).session;
    },
    listBySubject: async (sub) => ofSubject(sub).map(keyed),
    removeBySubject: async (sub) => ofSubject(sub).map(close),
    async list({ after = '', limit }) {
      const keys = [...sessions.values(clock.now())].filter((entry) => entry.key > after);
      return keys
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .slice(0, limit)
        .map(keyed);
    },
    async removeAll() {
      const all = [...sessions.values(clock.now())];
      for (const entry of all) sessions.delete(entry.key);
      subjects.clear();
      return all.length;
    },
    count: async () => countLive(sessions, clock.now()),
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
