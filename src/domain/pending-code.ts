import type { Authorization } from './authorization.ts';
import type { JsonObject } from './json.ts';

/** What the server remembers for an authorisation code until it is redeemed. */
export interface PendingCode {
  readonly authorization: Authorization;
  /** The redirection URI of the request, or the single registered one. */
  readonly redirectUri: string;
  /** True when the request named the redirection URI, so that the token request must repeat it. */
  readonly redirectUriExplicit: boolean;
  readonly codeChallenge: string | undefined;
  readonly codeChallengeMethod: 'plain' | 'S256' | undefined;
  readonly idToken: IDTokenOrder | undefined;
}

/** What an ID token shall contain, next to what follows from the authorisation. */
export interface IDTokenOrder {
  /** Seconds; 0: default. */
  readonly lifetime: number;
  readonly nonce: string | undefined;
  /** Present where the ID token must carry it. */
  readonly authTime: number | undefined;
  readonly acr: string | undefined;
  readonly amr: readonly string[] | undefined;
  /** Subject of the ID token alone, in impersonation. */
  readonly impersonatedSubject: string | undefined;
  /** Names of claims to source into the ID token. */
  readonly claims: readonly string[];
  readonly preset: JsonObject | undefined;
  /** Members of the session's `claims` to feed. */
  readonly sessionClaims: JsonObject | undefined;
}
