import type { AuthorizationKey, RememberedAuthorization } from '../../domain/authorization.ts';
import type { NotBefore, RevocationTarget } from '../../domain/revocation.ts';
import type { Page } from './page.ts';

/** What is remembered for a subject, actor and client, and the latest mark against them. */
export interface FoundAuthorization {
  readonly remembered: RememberedAuthorization | undefined;
  readonly notBefore: NotBefore | undefined;
}

/** Remembered authorizations: what subjects have agreed to and declined. */
export interface AuthorizationStore {
  /** In one round trip. */
  find(key: AuthorizationKey): Promise<FoundAuthorization>;
  /**
   * Writes what `change` makes of the current record, or of none, and answers what stands then; `undefined` from `change`
   * leaves things as they are, without a write. `change` is pure and may run again, so that no concurrent change is lost.
   */
  change(
    key: AuthorizationKey,
    change: (current: RememberedAuthorization | undefined) => RememberedAuthorization | undefined,
  ): Promise<RememberedAuthorization | undefined>;
  /**
   * Removes all records that match every given member, each in one transaction with all its grants, page by page, so that nobody waits
   * for the whole; answers how many. At least one member must be given: throws `TypeError` otherwise.
   */
  remove(filter: RevocationTarget): Promise<number>;
  listBySubject(subject: string): Promise<readonly RememberedAuthorization[]>;
  /** In order of subject and actor. A page goes on behind the subject `after`, or behind `subject\0actor`. */
  listByClient(clientId: string, page: Page): Promise<readonly RememberedAuthorization[]>;
  count(): Promise<number>;
}
