import type { Authorization } from './authorization.ts';

/** A stored grant: the authorization of one login with the state of its refresh token. Times are Unix seconds. */
export interface Grant {
  readonly authorization: Authorization;
  /** SHA-256, BASE64URL, of the secret in its refresh tokens; `undefined` only where `seed` stands. */
  readonly secretDigest: string | undefined;
  /** Where the grant was made by release 0.1: the secret is derived from this. */
  readonly seed: string | undefined;
  /** When the refresh token ends however much it is used; `undefined`: never. */
  readonly refreshExpiresAt: number | undefined;
}

/** How far the refresh token of a grant has come. Times are Unix seconds. */
export interface RefreshState {
  /** How often it was rotated. The current token has this number. */
  readonly rotations: number;
  /** When the current token was issued. */
  readonly issuedAt: number;
  /** When a token of the grant was last used, or first issued. */
  readonly usedAt: number;
}

/**
 * When the refresh token of a grant ends unless it is used again, by lifetime or idle time, whichever comes first;
 * `undefined`: never.
 *
 * @param maxIdle seconds; 0: no idle time
 */
export function refreshEnd(expiresAt: number | undefined, maxIdle: number, usedAt: number): number | undefined {
  if (maxIdle === 0) return expiresAt;
  return expiresAt === undefined ? usedAt + maxIdle : Math.min(expiresAt, usedAt + maxIdle);
}

/** Seconds left until `expiresAt` or until the idle time (0: none) has passed, whichever is less; `undefined`: no end. */
export function remainingTime(expiresAt: number | undefined, maxIdle: number, now: number): number | undefined {
  const left = expiresAt === undefined ? undefined : Math.max(expiresAt - now, 0);
  if (maxIdle === 0) return left;
  return left === undefined ? maxIdle : Math.min(left, maxIdle);
}
