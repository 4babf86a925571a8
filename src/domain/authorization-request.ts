import type { JsonObject } from './json.ts';

/** A validated authorisation request (RFC 6749, section 4.1.1; OpenID Connect Core, section 3.1.2.1). */
export interface AuthorizationRequest {
  readonly response_type: string;
  readonly response_mode: string;
  readonly client_id: string;
  readonly redirect_uri: string;
  /** True when the request named the redirection URI. */
  readonly redirect_uri_explicit: boolean;
  readonly scope: readonly string[];
  readonly state?: string;
  readonly nonce?: string;
  readonly display: string;
  readonly prompt: readonly string[];
  /** Seconds; the request's own or the client's default. */
  readonly max_age?: number;
  /** True when the request itself had `max_age`, so that the ID token must carry `auth_time`. */
  readonly max_age_requested: boolean;
  readonly acr_values: readonly string[];
  readonly acr_essential: boolean;
  readonly login_hint?: string;
  readonly id_token_hint?: string;
  readonly ui_locales: readonly string[];
  readonly claims_locales: readonly string[];
  readonly claims?: JsonObject;
  readonly code_challenge?: string;
  readonly code_challenge_method?: 'plain' | 'S256';
  readonly resource: readonly string[];
  /** Parameters that no specification names, kept for the login page. */
  readonly custom: Readonly<Record<string, string>>;
}

/** An authorisation request between its arrival at the login page and the response to the client. */
export interface AuthorizationSession {
  readonly iss: string;
  /** Unix seconds. */
  readonly creation_time: number;
  readonly state: 'auth' | 'consent';
  readonly request: AuthorizationRequest;
  /** The subject that has to be authenticated, by hint or by the `sub` claim request. */
  readonly required_sub?: string;
  /** Value part, BASE64URL, of the identifier of the current subject session. */
  readonly sub_session_value?: string;
  /** Fingerprint of the user agent, BASE64URL SHA-256, as the login page told it at the start. */
  readonly fpt?: string;
  /** True when this authorisation session created or replaced the subject session. */
  readonly sub_session_new?: boolean;
  /** True when the subject authenticated within this authorisation session. */
  readonly authenticated?: boolean;
  /** Custom data of the login page. */
  readonly data?: JsonObject;
}
