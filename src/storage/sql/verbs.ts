import type { CompiledQuery } from 'kysely';
import type { CollectedInsert, Script } from './engine.ts';
import type { ExpiringTable } from './schema.ts';
import type { Args, Params, Statement } from './statement.ts';

/** A query that is compiled. */
export interface Compilable<R> {
  compile(): CompiledQuery<R>;
}

/** A select whose rows can be held. */
export interface Lockable<R> extends Compilable<R> {
  forUpdate(): Compilable<R>;
}

/** Makes a statement of a name; the builder runs once, at that moment. */
export type Verb = <A extends Args, R>(name: string, build: (p: Params<A>) => Compilable<R>) => Statement<A, R>;

/** A row of `grants` for a stored grant, and how many may stand under its authorization with it. */
export type NewGrant = {
  tid: string;
  id: string;
  subject: string;
  actor: string;
  client_id: string;
  payload: string;
  session_key: string | null;
  issued_at: number;
  expires_at: number;
  room: number;
};

/**
 * What databases do differently, named by intent: the stores use these and never ask which database it is. The builders of
 * the answering verbs end in RETURNING; an engine whose database has none would read the rows under a lock instead.
 */
export interface SqlVerbs {
  /** A select whose rows stay as they are until the end of the transaction. */
  lockRows<A extends Args, R>(name: string, build: (p: Params<A>) => Lockable<R>): Statement<A, R>;
  /** An update that answers the rows as they are then. */
  readonly updateReturning: Verb;
  /** A removal that answers the rows as they were. */
  readonly deleteReturning: Verb;
  /** An insert that leaves a present row alone, ON CONFLICT DO NOTHING; it counts what was inserted. */
  readonly insertIfAbsent: Verb;
  /** An insert that changes a present row instead, ON CONFLICT DO UPDATE, and may answer it. */
  readonly upsertReturning: Verb;
  /** Scripts that name the same run one after another, until the end of their transactions. */
  lockName(name: string): Script<void>;
  /** Removes expired rows of all tenants along the expiry index, passing over those that another purge holds. */
  purgePage(table: ExpiringTable): Statement<{ now: number; limit: number }, unknown>;
  /** The same for subject sessions, of which it answers what they were. */
  purgeSessions: Statement<{ now: number; limit: number }, { tid: string; key: string; payload: string }>;
  /**
   * Inserts a grant unless its ID is on record, and removes from under its authorization those that were unused for longest
   * where there is no room for all.
   */
  readonly addGrant: CollectedInsert<NewGrant>;
  /** The time of the database, Unix milliseconds; `undefined` where it has none but that of its process. */
  readonly time: Statement<Args, { readonly milliseconds: number }> | undefined;
  /** Answers a row if there is a table of this name. */
  tableExists(name: string): Statement<Args, unknown>;
  /** From now to the end of the transaction no statement waits for others' locks longer than so many milliseconds. */
  limitLockWaits(milliseconds: number): Script<void>;
  /** Makes the schema of the tables if missing, and the place where unqualified tables are until the end of the transaction. */
  enterSchema(): Script<void>;
}
