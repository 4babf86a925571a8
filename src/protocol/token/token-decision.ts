import type { Authorization, LongLivedAuthorization } from '../../domain/authorization.ts';
import type { IDTokenOrder } from '../../domain/pending-code.ts';

/** The refresh token that a grant orders. */
export type RefreshTokenOrder =
  /** The token of a remembered authorisation, after the secret that the record has now. */
  | { readonly kind: 'identifier'; readonly record: LongLivedAuthorization }
  /** A self-contained token; `expiresAt` in Unix seconds, `undefined`: never. */
  | {
      readonly kind: 'self-contained';
      readonly authorization: Authorization;
      readonly expiresAt: number | undefined;
    };

/** What a grant has decided may be issued. Nothing in it is signed yet. */
export interface TokenDecision {
  /** Subject, client, scope, audience, lifetimes and bindings. `sub` is the client ID where the client acts for itself. */
  readonly authorization: Authorization;
  /** The client acts for itself: no `gid`, no claims, no refresh token. */
  readonly forClientItself: boolean;
  readonly idToken: IDTokenOrder | undefined;
  readonly refreshToken: RefreshTokenOrder | undefined;
  /**
   * Seconds until the refresh token in the hands of the client ends, by lifetime or idle time; the access token is trimmed
   * to it. `undefined`: no such limit.
   */
  readonly refreshLimit: number | undefined;
}
