import type { AccessToken } from '../../domain/access-token.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { PendingCode } from '../../domain/pending-code.ts';
import type { StoredClient } from '../../domain/stored-client.ts';
import type { AuthorizationStore } from './authorizations.ts';
import type { GrantStore } from './grants.ts';
import type { Page } from './page.ts';
import type { RecordKind, RecordStore } from './records.ts';
import type { RevocationStore, Standing } from './revocations.ts';
import type { FollowExpired, SubjectSessionStore } from './subject-sessions.ts';

/**
 * The stores, as ports named by intent. A storage driver is opened once per process and hands out the stores of a tenant;
 * nothing of one tenant is visible to another.
 *
 * Keys of things that grant access are hashes that the caller computed (BASE64URL text); no store ever sees the presented
 * form. All times are Unix seconds of the `Clock` port. An entry counts as absent from the very second of its expiry on,
 * whether or not it was purged. Each operation is atomic, also between processes; where a thing may happen once, the
 * answer tells the one caller for whom it happened. An operation rejects with a `StorageAway` where the storage cannot do its
 * work at the moment; whether a write took place is as unknown then as after any lost connection.
 */
export interface TenantStores {
  readonly clients: ClientStore;
  readonly authorizations: AuthorizationStore;
  readonly grants: GrantStore;
  readonly codes: CodeStore;
  readonly accessTokens: AccessTokenStore;
  readonly expended: ExpendedStore;
  readonly revocations: RevocationStore;
  readonly subjectSessions: SubjectSessionStore;
  readonly keys: KeyStore;
  /** Short-lived records of a kind; cheap, may be called for each request. */
  records<T>(kind: RecordKind<T>): RecordStore<T>;
}

/** An open storage driver. */
export interface Storage {
  /** What it is, for the start-up log: driver and place, without credentials. */
  readonly description: string;
  /** Whether clients and keys lie somewhere else than in this process, where others may read them. */
  readonly atRest: boolean;
  /** The stores of a tenant; cheap, may be called often. */
  tenant(tid: string): TenantStores;
  /**
   * Removes expired entries of all tenants, page by page, without blocking requests. Answers how many went. Subject sessions
   * go through the same door as those that are closed: with `follow`, what follows from their end is written with it.
   */
  purge(follow?: FollowExpired): Promise<number>;
  /**
   * The issuer that the storage belongs to: the one that claimed it first. With `move` it belongs to this one from now on. Two
   * issuers on one storage would take each other's clients, sessions and tokens for their own.
   */
  claim(issuer: string, options?: { readonly move: boolean }): Promise<string>;
  /** Resolves when the storage takes writes, in each way in which requests write; rejects with the reason otherwise. */
  check(): Promise<void>;
  /** Finishes pending writes and lets go of the storage. */
  close(): Promise<void>;
}

/** Client registrations. */
export interface ClientStore {
  get(clientId: string): Promise<StoredClient | undefined>;
  /** False when the ID is taken; then nothing changed. */
  insert(client: StoredClient): Promise<boolean>;
  /**
   * Replaces the registration with what `change` makes of the current one. `change` is pure and may run again after a
   * concurrent update. `undefined`: the client does not exist (any more); then nothing changed.
   */
  update(clientId: string, change: (current: StoredClient) => StoredClient): Promise<StoredClient | undefined>;
  /** False when there was no such client. */
  remove(clientId: string): Promise<boolean>;
  list(page: Page): Promise<readonly StoredClient[]>;
  count(): Promise<number>;
}

/** The outcome of presenting an authorisation code. */
export type CodeRedemption =
  /** `standing`: what speaks against its authorization, which may have been revoked since. */
  | { readonly outcome: 'redeemed'; readonly code: PendingCode; readonly standing: Standing }
  | { readonly outcome: 'replayed'; readonly code: PendingCode }
  | { readonly outcome: 'unknown' };

/** Authorisation codes waiting to be redeemed, and for a while the redeemed ones. */
export interface CodeStore {
  /** Keeps a code until `expiresAt`; once redeemed it is remembered until `retainUntil`, to recognise a replay. */
  issue(key: string, code: PendingCode, expiresAt: number, retainUntil: number): Promise<void>;
  /** Spends the code. Of all callers, at whatever time and in whatever process, exactly one gets `redeemed`. */
  redeem(key: string): Promise<CodeRedemption>;
  /** Codes that could still be redeemed. */
  count(): Promise<number>;
}

/** A token found, and what speaks against it. */
export interface FoundAccessToken {
  readonly token: AccessToken;
  readonly standing: Standing;
}

/** Identifier-based access tokens. */
export interface AccessTokenStore {
  /** Keeps the token until it expires. Resolves when it is durable. */
  issue(key: string, token: AccessToken): Promise<void>;
  /** The token with its standing, in one round trip unless it has an actor; `undefined` when unknown or expired. */
  find(key: string): Promise<FoundAccessToken | undefined>;
  /** False when there was no such token. */
  remove(key: string): Promise<boolean>;
  count(): Promise<number>;
}

/** The outcome of expending a one-time object. */
export type Expenditure = { readonly first: true } | { readonly first: false; readonly at: number };

/** The registry of things that may be used once. */
export interface ExpendedStore {
  /** Puts the identifier if absent. Of all callers exactly one gets `first: true`; the others learn when that was. */
  consume(kind: string, id: string, expiresAt: number): Promise<Expenditure>;
  /** When the identifier was consumed; `undefined` if it was not. */
  find(kind: string, id: string): Promise<number | undefined>;
  count(): Promise<number>;
}

/** The server's key set, one versioned JSON document whose private members are encrypted by the caller. */
export interface KeyStore {
  load(): Promise<{ readonly version: number; readonly document: JsonObject } | undefined>;
  /**
   * Writes the document if the stored version is `expectedVersion` (0: none stored). The new version is `expectedVersion + 1`, and
   * nothing else: the document is authenticated together with it. True for exactly one of several callers.
   */
  save(expectedVersion: number, document: JsonObject): Promise<boolean>;
}
