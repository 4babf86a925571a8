import type { JsonObject } from './json.ts';

/** A subject (end-user) session, as stored and as shown by the web APIs. Times are Unix seconds, lifetimes minutes. */
export interface SubjectSession {
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

/** The instant, in Unix seconds, at which a session ends unless it is used again; `undefined`: never. */
export function sessionExpiry(session: SubjectSession, lastUsed: number): number | undefined {
  const life = session.max_life < 0 ? Number.POSITIVE_INFINITY : session.creation_time + session.max_life * 60;
  const idle = session.max_idle < 0 ? Number.POSITIVE_INFINITY : lastUsed + session.max_idle * 60;
  const end = Math.min(life, idle);
  return end === Number.POSITIVE_INFINITY ? undefined : end;
}

/** True once `auth_life` has run out at `now` (Unix seconds), so that the subject has to authenticate again. */
export function authenticationExpired(session: SubjectSession, now: number): boolean {
  return session.auth_life >= 0 && now >= session.auth_time + session.auth_life * 60;
}
