import type { JsonObject } from '../../domain/json.ts';
import type { ClaimsContext } from '../../ports/claims-source.ts';

/** The claims of subjects, from whichever sources offer them. */
export interface ClaimsService {
  /**
   * The claims found out of `names`, from all sources that support them, asked in parallel. Never contains a member that
   * was not asked for, nor `sub`. Rejects when a source fails.
   */
  claimsOf(
    subject: string,
    names: readonly string[],
    locales: readonly string[],
    context: ClaimsContext,
  ): Promise<JsonObject>;
  /** The claims that a scope expands to (OpenID Connect Core, section 5.4, and `op.claims.map.*`), each once. */
  claimsOfScope(scope: readonly string[]): readonly string[];
  /**
   * Whether a claim is a standard one, is in the map of a scope value, or is named by a source, itself or by a prefix; the `*`
   * of a source names nothing.
   */
  isKnown(name: string): boolean;
}
