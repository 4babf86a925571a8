import type { Authorization } from './authorization.ts';
import type { JsonObject } from './json.ts';

/** What the server remembers for an authorisation code until it is redeemed. */
export interface PendingCode {
  readonly authorization: Authorization;
  /** The redirection URI of the request, or the single registered one. */
  readonly redirect_uri: string;
  /** True when the request named the redirection URI, so that the token request must repeat it. */
  readonly redirect_uri_explicit: boolean;
  readonly code_challenge?: string;
  readonly code_challenge_method?: 'plain' | 'S256';
  readonly id_token: IDTokenOrder | undefined;
}

/** What the ID token of a code shall contain, next to what follows from the authorisation. */
export interface IDTokenOrder {
  /** Seconds; 0: default. */
  readonly lifetime: number;
  readonly nonce?: string;
  /** Present where the ID token must carry it. */
  readonly auth_time?: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** Subject of the ID token alone, in impersonation. */
  readonly impersonated_sub?: string;
  /** Names of claims to source into the ID token. */
  readonly clm?: readonly string[];
  readonly preset?: JsonObject;
  /** Members of the session's `claims` to feed. */
  readonly session_claims?: JsonObject;
}
