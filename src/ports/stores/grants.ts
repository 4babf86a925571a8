import type { AuthorizationKey, RememberedAuthorization } from '../../domain/authorization.ts';
import type { Grant, RefreshState } from '../../domain/grant.ts';
import type { SubjectSession } from '../../domain/subject-session.ts';
import type { Standing } from './revocations.ts';

/** What is known of the grant behind a refresh token. */
export interface FoundGrant {
  /** The stored grant; `undefined` when it has ended, and for self-contained refresh tokens, which carry theirs. */
  readonly grant: Grant | undefined;
  /** `undefined` when nothing is on record: for a self-contained token, that it was neither rotated nor counted yet. */
  readonly state: RefreshState | undefined;
  /** What the subject agrees to now, if anything is remembered. */
  readonly remembered: RememberedAuthorization | undefined;
  /** The subject session that the stored grant belongs to, if that lives; `undefined` also where there is no stored grant. */
  readonly session: SubjectSession | undefined;
  readonly standing: Standing;
}

/** The use of a refresh token. */
export interface RefreshUse {
  readonly grantId: string;
  readonly key: AuthorizationKey;
  /** The number of the presented token. */
  readonly rotations: number;
  /** When the presented token was issued, Unix seconds. */
  readonly issuedAt: number;
  readonly rotate: boolean;
  /** When the record may go, Unix seconds, unless the token is used again; `undefined`: never. */
  readonly expiresAt: number | undefined;
  /** Nothing need be on record before the first use: the token carries its grant. */
  readonly selfContained: boolean;
}

/** The outcome of using a refresh token; `state` is what stands then. */
export type RefreshOutcome =
  | { readonly outcome: 'used'; readonly state: RefreshState }
  /** Another use has rotated the token away. */
  | { readonly outcome: 'superseded'; readonly state: RefreshState }
  /** The grant has ended, or is not known. */
  | { readonly outcome: 'ended' };

/** Grants: one for each login, with the state of their refresh tokens. They do not know each other. */
export interface GrantStore {
  /**
   * Keeps a new grant whose refresh token is issued now, until it ends. Without effect when the grant has ended already: it
   * may have been revoked at this very moment. Of one remembered authorization at most `limit` grants are kept; those
   * unused for longest go first.
   */
  add(grant: Grant, limit: number): Promise<void>;
  /** The grant with its session, what its subject agrees to and what speaks against it, in one round trip. */
  find(grantId: string, key: AuthorizationKey): Promise<FoundGrant>;
  /**
   * Records the use of a refresh token, and rotates it where the use says so. Of all callers with the token of one number,
   * exactly one rotates it; the others learn that it is superseded.
   */
  use(use: RefreshUse): Promise<RefreshOutcome>;
  /**
   * Ends a grant for good, whether or not it is on record, also what is about to be issued under it; or a single token by
   * its ID. Remembered until `retainUntil`, Unix seconds, never for less long than before.
   */
  end(id: string, retainUntil: number): Promise<void>;
  /** Grants on record that have not ended. */
  count(): Promise<number>;
}
