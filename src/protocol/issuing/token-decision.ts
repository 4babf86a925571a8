import type { Authorization } from '../../domain/authorization.ts';
import type { Grant } from '../../domain/grant.ts';
import type { IDTokenOrder } from '../../domain/pending-code.ts';
import type { RefreshToken } from './refresh-token.ts';

/** The refresh token that goes to the client. */
export interface RefreshTokenOrder {
  readonly token: RefreshToken;
  /** Unix seconds; `undefined`: it does not end by itself. */
  readonly expiresAt: number | undefined;
  /** A new grant that has to be on record before the token is handed out. */
  readonly newGrant: Grant | undefined;
}

/** What a grant has decided may be issued. Nothing in it is signed yet. */
export interface TokenDecision {
  /** Subject, client, scope, audience, lifetimes and bindings. The subject is the client ID where the client acts for itself. */
  readonly authorization: Authorization;
  /**
   * Unix seconds at which it was checked that all this may be issued. The tokens are dated so: were it revoked while they
   * are being made, they are void.
   */
  readonly checkedAt: number;
  readonly idToken: IDTokenOrder | undefined;
  readonly refreshToken: RefreshTokenOrder | undefined;
  /**
   * Seconds until the refresh token in the hands of the client ends, by lifetime or idle time; the access token is trimmed
   * to it. `undefined`: no such limit.
   */
  readonly refreshLimit: number | undefined;
}
