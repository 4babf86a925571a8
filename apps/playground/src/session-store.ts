import { randomToken } from '../../kit/src/random-token.ts';
import type { Exchange, Field } from './exchange-recorder.ts';
import type { Failure } from './failure.ts';
import { DEFAULT_OPTIONS, type ResponseMode, type SignInOptions } from './sign-in-options.ts';

/** An authorization request that is on its way: what the answer is checked against. */
export interface Transaction {
  readonly state: string;
  /** Absent when no ID token was asked for. */
  readonly nonce?: string;
  readonly codeVerifier: string;
  /** Seconds. */
  readonly maxAge?: number;
  /** The request as it was sent. */
  readonly url: string;
}

/** What the server issued. */
export interface Tokens {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly scope?: string;
  /** Unix seconds, from `expires_in`. */
  readonly expiresAt?: number;
  readonly refreshToken?: string;
  readonly idToken?: string;
  /** The public key that verified the ID token, in words. */
  readonly idTokenKey?: string;
  /** Subject of the ID token. */
  readonly subject?: string;
}

/** The things this client can do with the server; each keeps its latest exchange. */
export type StepKind = 'token' | 'refresh' | 'userinfo' | 'introspect' | 'revoke-access' | 'revoke-refresh';

/** One thing that was done: what went over the wire, and how it ended. */
export interface Step {
  readonly kind: StepKind;
  /** Unix seconds. */
  readonly at: number;
  readonly exchanges: readonly Exchange[];
  readonly failure?: Failure;
}

/** An authorization response as it arrived. */
export interface ReceivedResponse {
  readonly mode: ResponseMode;
  readonly fields: readonly Field[];
}

/** What one browser has done. Mutable, owned by the store. */
export interface PlaygroundSession {
  id: string;
  options: SignInOptions;
  /** Requests on their way, oldest first. */
  readonly transactions: Map<string, Transaction>;
  /** The latest request that was answered, and its answer. */
  answered?: { readonly requestUrl: string; readonly response: ReceivedResponse };
  /** Why the latest sign-in failed. */
  failure?: Failure;
  tokens?: Tokens;
  /** Latest step of each kind, the most recent last. */
  readonly steps: Map<StepKind, Step>;
  /** Unix seconds. */
  lastUsed: number;
}

/** Sessions in memory: at most `SESSION_LIMIT`, the least recently used one goes first; forgotten after two idle hours. */
export interface SessionStore {
  /** The session, or `undefined` when it is unknown or expired. */
  find(id: string | undefined): PlaygroundSession | undefined;
  /** The session, made when it does not exist. */
  open(id: string): PlaygroundSession;
  /** Gives the session a new identifier and returns it; the old one is forgotten. */
  renew(session: PlaygroundSession): string;
  remove(id: string): void;
  begin(session: PlaygroundSession, transaction: Transaction): void;
  /** Ends and returns the transaction of this session with this state. One time only. */
  take(session: PlaygroundSession, state: string): Transaction | undefined;
  /** Keeps a response that came without a cookie, when its state is on its way in some browser; returns a one-time handle. */
  park(state: string, response: ReceivedResponse): string | undefined;
  /** The parked response, for the browser whose session began that transaction and no other. One time only. */
  takeParked(session: PlaygroundSession, handle: string): ReceivedResponse | undefined;
}

const SESSION_LIMIT = 200;
const IDLE_SECONDS = 7200;
const TRANSACTION_LIMIT = 5;

/** Creates an empty store. `now` in Unix seconds. */
export function createSessionStore(now: () => number): SessionStore {
  // Insertion order is the order of use: each use moves the session to the end.
  const sessions = new Map<string, PlaygroundSession>();
  const parked = new Map<string, { readonly owner: PlaygroundSession; readonly response: ReceivedResponse }>();

  function find(id: string | undefined): PlaygroundSession | undefined {
    const session = id === undefined ? undefined : sessions.get(id);
    if (session === undefined) return undefined;
    sessions.delete(session.id);
    if (now() - session.lastUsed > IDLE_SECONDS) return undefined;
    session.lastUsed = now();
    sessions.set(session.id, session);
    return session;
  }

  function dropOldest<T>(entries: Map<string, T>, limit: number): void {
    for (const key of entries.keys()) {
      if (entries.size <= limit) return;
      entries.delete(key);
    }
  }

  return {
    find,
    open(id) {
      const known = find(id);
      if (known !== undefined) return known;
      const session: PlaygroundSession = {
        id,
        options: DEFAULT_OPTIONS,
        transactions: new Map(),
        steps: new Map(),
        lastUsed: now(),
      };
      sessions.set(id, session);
      dropOldest(sessions, SESSION_LIMIT);
      return session;
    },
    renew(session) {
      sessions.delete(session.id);
      session.id = randomToken();
      sessions.set(session.id, session);
      return session.id;
    },
    remove(id) {
      sessions.delete(id);
    },
    begin(session, transaction) {
      session.transactions.set(transaction.state, transaction);
      dropOldest(session.transactions, TRANSACTION_LIMIT);
    },
    take(session, state) {
      const transaction = session.transactions.get(state);
      session.transactions.delete(state);
      return transaction;
    },
    park(state, response) {
      const owner = [...sessions.values()].find((session) => session.transactions.has(state));
      if (owner === undefined) return undefined;
      const handle = randomToken();
      parked.set(handle, { owner, response });
      dropOldest(parked, SESSION_LIMIT);
      return handle;
    },
    takeParked(session, handle) {
      const entry = parked.get(handle);
      if (entry?.owner !== session) return undefined;
      parked.delete(handle);
      return entry.response;
    },
  };
}
