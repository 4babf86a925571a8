import type { Agreement } from './agreement.ts';
import type { JsonObject } from './json.ts';

/** A validated authorisation request (RFC 6749, section 4.1.1; OpenID Connect Core, section 3.1.2.1). */
export interface AuthorizationRequest {
  readonly responseType: string;
  readonly responseMode: string;
  readonly clientId: string;
  readonly redirectUri: string;
  /** True when the request named the redirection URI. */
  readonly redirectUriExplicit: boolean;
  readonly scope: readonly string[];
  readonly state: string | undefined;
  readonly nonce: string | undefined;
  readonly display: string;
  readonly prompt: readonly string[];
  /** Seconds; the request's own or the client's default. */
  readonly maxAge: number | undefined;
  readonly acrValues: readonly string[];
  readonly acrEssential: boolean;
  readonly loginHint: string | undefined;
  readonly idTokenHint: string | undefined;
  readonly uiLocales: readonly string[];
  readonly claimsLocales: readonly string[];
  /** The `claims` parameter as it came. */
  readonly claims: JsonObject | undefined;
  readonly codeChallenge: string | undefined;
  readonly codeChallengeMethod: 'plain' | 'S256' | undefined;
  readonly resource: readonly string[];
  /** Parameters that no specification names and the configuration does, kept for the login page. */
  readonly custom: Readonly<Record<string, string>>;
}

/** An authorisation request between its arrival at the login page and the response to the client. */
export interface AuthorizationSession {
  readonly issuer: string;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly state: 'auth' | 'consent';
  readonly request: AuthorizationRequest;
  /** The subject that has to be authenticated, by hint or by the `sub` claim request. */
  readonly requiredSubject: string | undefined;
  /** Value part, BASE64URL, of the identifier of the current subject session. */
  readonly subSessionValue: string | undefined;
  /** Fingerprint of the user agent, BASE64URL SHA-256, as the login page told it at the start. */
  readonly fingerprint: string | undefined;
  /** True when this authorisation session created or replaced the subject session. */
  readonly subSessionNew: boolean;
  /** True when the subject authenticated within this authorisation session. */
  readonly authenticated: boolean;
  /** What the consent prompt has shown to the subject. */
  readonly shown: ShownConsent | undefined;
  /** Custom data of the login page. */
  readonly data: JsonObject | undefined;
}

/** What a consent prompt shows, new and agreed to before. */
export interface ShownConsent {
  readonly all: Agreement;
  /** What of it was agreed to before: left out of the answer, it is taken back. */
  readonly agreed: Agreement;
}
