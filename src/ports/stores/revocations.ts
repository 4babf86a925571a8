import type { NotBefore, RevocationScope, RevocationTarget } from '../../domain/revocation.ts';

/** Whether something was revoked. */
export interface Standing {
  /** Its grant, or the single token, has ended. */
  readonly ended: boolean;
  /** The latest mark against everything, its subject, its client, its actor, or a combination of them. */
  readonly notBefore: NotBefore | undefined;
}

/** Nothing speaks against it. */
export const goodStanding: Standing = Object.freeze({ ended: false, notBefore: undefined });

/**
 * Not-before marks: one for each target, found by point look-ups however many there are, in the same round trip as what
 * they speak against.
 */
export interface RevocationStore {
  /**
   * Marks a target: what was issued before `at`, Unix seconds, is void. A mark moves forward, never back; a revocation in
   * the second of the mark is counted. Kept until `retainUntil`, never for less long than before.
   */
  revoke(target: RevocationTarget, at: number, retainUntil: number): Promise<void>;
  /** What speaks against a thing of this scope with these IDs (of its grant, of the token itself). */
  standing(scope: RevocationScope, ids: readonly string[]): Promise<Standing>;
  /** Marks that stand. */
  count(): Promise<number>;
}
