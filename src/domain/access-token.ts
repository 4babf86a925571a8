import type { Confirmation } from './confirmation.ts';
import type { JsonObject } from './json.ts';

/** What an access token says, whichever way it is written. Times are Unix seconds. */
export interface AccessToken {
  readonly issuer: string;
  readonly subject: string;
  readonly actor: string | undefined;
  readonly clientId: string;
  readonly scope: readonly string[];
  /** Empty: not restricted. */
  readonly audience: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** `jti` (RFC 7519, section 4.1.7). */
  readonly id: string;
  /** The grant that it descends from; its own ID for a token of a client itself. */
  readonly grantId: string;
  /** Consented claims for UserInfo. */
  readonly claims: readonly string[];
  readonly claimsLocales: readonly string[];
  readonly claimsData: JsonObject | undefined;
  readonly presetUserInfo: JsonObject | undefined;
  readonly data: JsonObject | undefined;
  readonly confirmation: Confirmation | undefined;
  readonly authTime: number | undefined;
  readonly acr: string | undefined;
  readonly amr: readonly string[] | undefined;
  /** Further top-level claims, fed from claims sources; never one of the above. */
  readonly extra: JsonObject | undefined;
}

/** True for a token of a client that acts for itself (RFC 6749, section 4.4): a grant of its own, in no person's name. */
export function isOfClientItself({ subject, clientId, grantId, id }: AccessToken): boolean {
  return subject === clientId && grantId === id;
}
