import type { JsonObject } from '../domain/json.ts';

/** What a claims source may know beside the subject and the claim names. */
export interface ClaimsContext {
  readonly issuer: string;
  /** Where the claims will go; `undefined` for internal consumers. */
  readonly transport: 'userinfo' | 'id_token' | undefined;
  readonly clientId: string;
  readonly scope: readonly string[];
  /** Claims data given with the consent. */
  readonly claimsData: JsonObject | undefined;
}

/** Supplies attributes of a subject. */
export interface ClaimsSource {
  readonly name: string;
  /** Claim names, prefixes ending in `*`, or `*`. */
  readonly supportedClaims: readonly string[];
  /**
   * The claims found, out of `names` (language-tagged variants allowed); `undefined` for an unknown subject. Members that
   * were not asked for are dropped by the caller. Throws when the source cannot answer.
   */
  getClaims(
    subject: string,
    names: readonly string[],
    locales: readonly string[],
    context: ClaimsContext,
  ): Promise<JsonObject | undefined>;
}
