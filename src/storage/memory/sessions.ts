import type { AuthorizationSession } from '../../domain/authorization-request.ts';
import { type SubjectSession, sessionExpiry } from '../../domain/subject-session.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  AuthzSessionStore,
  KeyedSubjectSession,
  SubjectSessionStore,
  VersionedAuthzSession,
} from '../../ports/stores/stores.ts';
import { countOf, createExpiringMap, pageOf } from './expiring-map.ts';

/** Authorisation sessions and subject sessions in memory. */
export function createSessionStores(clock: Clock) {
  const authz = createAuthzSessions(clock);
  const subject = createSubjectSessions(clock);
  return {
    authzSessions: authz.store,
    subjectSessions: subject.store,
    purge: (limit: number) => authz.purge(limit) + subject.purge(limit),
  };
}

function createAuthzSessions(clock: Clock) {
  const sessions = createExpiringMap<VersionedAuthzSession & { readonly expiresAt: number }>(clock);
  const store: AuthzSessionStore = {
    async create(key, session, expiresAt) {
      sessions.set(key, { version: 1, session, expiresAt }, expiresAt);
    },
    async get(key) {
      const kept = sessions.get(key);
      return kept && { version: kept.version, session: kept.session };
    },
    async advance(key, version, next: AuthorizationSession) {
      const kept = sessions.get(key);
      if (kept?.version !== version) return false;
      sessions.set(key, { version: version + 1, session: next, expiresAt: kept.expiresAt }, kept.expiresAt);
      return true;
    },
    async complete(key, version) {
      return sessions.get(key)?.version === version && sessions.delete(key);
    },
    async count() {
      return countOf(sessions);
    },
  };
  return { store, purge: (limit: number) => sessions.purge(limit) };
}

function createSubjectSessions(clock: Clock) {
  const sessions = createExpiringMap<SubjectSession>(clock);
  const bySubject = new Map<string, Set<string>>();

  const put = (key: string, session: SubjectSession) => {
    sessions.set(key, session, sessionExpiry(session, clock.now()));
    const keys = bySubject.get(session.sub) ?? new Set();
    bySubject.set(session.sub, keys.add(key));
  };

  /** Living sessions of a subject, oldest first; index entries of dead ones go by the way. */
  const ofSubject = (sub: string): KeyedSubjectSession[] => {
    const found: KeyedSubjectSession[] = [];
    const keys = bySubject.get(sub);
    for (const key of keys ?? []) {
      const session = sessions.get(key);
      if (session?.sub === sub) found.push({ key, session });
      else keys?.delete(key);
    }
    if (keys?.size === 0) bySubject.delete(sub);
    return found.sort((a, b) => a.session.creation_time - b.session.creation_time);
  };

  const take = (key: string): SubjectSession | undefined => {
    const session = sessions.get(key);
    if (!session) return undefined;
    sessions.delete(key);
    ofSubject(session.sub);
    return session;
  };

  const store: SubjectSessionStore = {
    async create(key, session, quota) {
      const surplus = ofSubject(session.sub).length + 1 - quota.limit;
      if (surplus > 0 && quota.onExhaustion === 'deny') return { outcome: 'denied' };
      const closed = surplus > 0 ? ofSubject(session.sub).slice(0, surplus) : [];
      for (const old of closed) take(old.key);
      put(key, session);
      return { outcome: 'created', closed };
    },
    async get(key) {
      return sessions.get(key);
    },
    async use(key) {
      const session = sessions.get(key);
      if (session) put(key, session);
      return session;
    },
    async update(key, change) {
      const current = sessions.get(key);
      if (!current) return undefined;
      const next = change(current);
      put(key, next);
      if (next.sub !== current.sub) ofSubject(current.sub);
      return next;
    },
    async remove(key) {
      return take(key);
    },
    async listBySubject(sub) {
      return ofSubject(sub);
    },
    async removeBySubject(sub) {
      const found = ofSubject(sub);
      for (const { key } of found) take(key);
      return found;
    },
    async list(page) {
      return pageOf(sessions.entries(), page).map(([key, session]) => ({ key, session }));
    },
    async removeAll() {
      const keys = [...sessions.entries()].map(([key]) => key);
      for (const key of keys) take(key);
      return keys.length;
    },
    async count() {
      return countOf(sessions);
    },
    async subjects(page) {
      return pageOf(livingSubjects(), page).map(([sub]) => sub);
    },
    async countSubjects() {
      return livingSubjects().length;
    },
  };

  const livingSubjects = (): [string, true][] =>
    [...bySubject.keys()].filter((sub) => ofSubject(sub).length > 0).map((sub) => [sub, true]);

  const purge = (limit: number) => {
    const removed = sessions.purge(limit);
    if (removed > 0) for (const sub of [...bySubject.keys()]) ofSubject(sub);
    return removed;
  };
  return { store, purge };
}
