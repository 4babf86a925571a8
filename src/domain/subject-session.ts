import type { JsonObject } from './json.ts';

/**
 * A subject (end-user) session, as stored and, but for its internal members, as shown by the web APIs. Times are Unix seconds,
 * lifetimes minutes.
 */
export interface SubjectSession extends SessionInternals {
  readonly sub: string;
  /** Context: `web`, or another that never mixes with it. */
  readonly ctx: string;
  readonly auth_time: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly creation_time: number;
  /** Minutes; negative: unlimited. */
  readonly max_life: number;
  /** Minutes; negative: unlimited. Its end asks for re-authentication; it does not close the session. */
  readonly auth_life: number;
  /** Minutes; negative: unlimited. */
  readonly max_idle: number;
  /** Client IDs that received an ID token in this session. */
  readonly rps?: readonly string[];
  readonly claims?: JsonObject;
  readonly data?: JsonObject;
  /** SHA-256 thumbprint of the JWK that the session is bound to, BASE64URL (RFC 7638). Never changes. */
  readonly jkt?: string;
  /** SHA-256 fingerprint of the user agent, BASE64URL. Never changes. */
  readonly fpt?: string;
}

/** What a session keeps for the server itself, and no web API shows or sets. */
export interface SessionInternals {
  /**
   * SHA-256, BASE64URL, of the value of the one identifier that is good: the subject has authenticated again since the session
   * began, and each time the identifier changes, while the storage key stays. Absent: the first identifier is good.
   */
  readonly sid_digest?: string;
  /** Voluntary authentication context classes that the subject was asked for and did not reach. */
  readonly asked_acr?: readonly string[];
}

/** A session as the web APIs show it. */
export type ShownSession = Omit<SubjectSession, keyof SessionInternals>;

/** The session without its internal members. */
export function shownSession({ sid_digest: _digest, asked_acr: _asked, ...shown }: SubjectSession): ShownSession {
  return shown;
}

/** The instant, in Unix seconds, at which a session ends unless it is used again; `undefined`: never. */
export function sessionExpiry(session: SubjectSession, lastUsed: number): number | undefined {
  const life = session.max_life < 0 ? Number.POSITIVE_INFINITY : session.creation_time + session.max_life * 60;
  const idle = session.max_idle < 0 ? Number.POSITIVE_INFINITY : lastUsed + session.max_idle * 60;
  const end = Math.min(life, idle);
  return end === Number.POSITIVE_INFINITY ? undefined : end;
}

/** Seconds by which the clocks of servers and login pages may differ. */
export const clockTolerance = 60;

/**
 * Seconds since the subject authenticated. One that lies in the future, clocks that differ a little aside, was dated by a clock
 * that has been set back since: nobody knows how old it is, and it is older than anybody allows.
 */
export function authenticationAge({ auth_time: authTime }: SubjectSession, now: number): number {
  return authTime > now + clockTolerance ? Number.POSITIVE_INFINITY : Math.max(now - authTime, 0);
}

/** True once `auth_life` has run out at `now` (Unix seconds), so that the subject has to authenticate again. */
export function authenticationExpired(session: SubjectSession, now: number): boolean {
  return session.auth_life >= 0 && authenticationAge(session, now) >= session.auth_life * 60;
}
