import type { JsonObject } from '../../domain/json.ts';
import type { SubjectSession } from '../../domain/subject-session.ts';
import type { Page } from './page.ts';

/** A subject session with its storage key. */
export interface KeyedSubjectSession {
  readonly key: string;
  readonly session: SubjectSession;
}

/** A short-lived record that follows from the end of sessions, to be found in the `RecordStore` of its kind. */
export interface FollowUp {
  /** Name of the `RecordKind`. */
  readonly kind: string;
  /** Names what is to be done: a follow-up whose key is taken is on record already and is not written again. */
  readonly key: string;
  readonly value: JsonObject;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/**
 * Says what follows from the end of sessions, such as the clients to be told. Pure; may run again, for the same sessions or
 * for a part of them. What it answers is written in the transaction in which they end: all of it, or the sessions live.
 */
export type FollowSessions = (ended: readonly KeyedSubjectSession[]) => readonly FollowUp[];

/** The same for sessions of any tenant that have ended by themselves. */
export type FollowExpired = (tid: string, ended: readonly KeyedSubjectSession[]) => readonly FollowUp[];

/** Nothing follows. */
export const nothingFollows: FollowSessions = () => [];

/** Which sessions to close: one, those of a subject, or all of the tenant. */
export type SessionClosing = { readonly key: string } | { readonly subject: string } | 'all';

/** What was closed. */
export interface SessionClosure {
  readonly count: number;
  /** The sessions, oldest first; of `all` none: there may be many. */
  readonly sessions: readonly KeyedSubjectSession[];
}

/** How many sessions a subject may keep, counting all contexts, and what happens beyond. */
export interface SessionQuota {
  readonly limit: number;
  readonly onExhaustion: 'close-oldest' | 'deny';
}

/** The outcome of creating a subject session under a quota. */
export type SessionCreation =
  | { readonly outcome: 'created'; readonly closed: readonly KeyedSubjectSession[] }
  | { readonly outcome: 'denied' };

/** Subject sessions, with an index by subject. A session past its life or idle time (`sessionExpiry`) is absent. */
export interface SubjectSessionStore {
  /**
   * Adds a session, used now. Beyond the quota the oldest sessions are closed and answered, or with `deny` nothing is
   * created. The quota holds under concurrent creations.
   */
  create(key: string, session: SubjectSession, quota: SessionQuota, follow: FollowSessions): Promise<SessionCreation>;
  /** The session, without counting as a use. */
  get(key: string): Promise<SubjectSession | undefined>;
  /** The session, and its idle time starts anew. */
  use(key: string): Promise<SubjectSession | undefined>;
  /** Writes what `change` makes of the current session, counting as a use. `change` is pure and may run again. */
  update(key: string, change: (current: SubjectSession) => SubjectSession): Promise<SubjectSession | undefined>;
  /**
   * Closes sessions and writes what follows from it, in one transaction; `all` page by page, each page a transaction. Each
   * session is answered to exactly one of several callers.
   */
  close(what: SessionClosing, follow: FollowSessions): Promise<SessionClosure>;
  /** Oldest first. */
  listBySubject(sub: string): Promise<readonly KeyedSubjectSession[]>;
  list(page: Page): Promise<readonly KeyedSubjectSession[]>;
  count(): Promise<number>;
  /** Subjects with at least one session, in order. */
  subjects(page: Page): Promise<readonly string[]>;
  countSubjects(): Promise<number>;
}
