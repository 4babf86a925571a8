import { OAuthError } from '../../errors/oauth-error.ts';

/** A failed client authentication: the same bland text for every cause, and an ID to find the cause in the log. */
export class ClientAuthenticationError extends OAuthError {
  /** 12 random bytes, BASE64URL. */
  readonly clientAuthId: string;
  /** True when the attempt was by HTTP Basic, which is answered with a challenge (RFC 6749, section 5.2). */
  readonly basic: boolean;

  constructor(cause: { readonly detail: string; readonly clientAuthId: string; readonly basic: boolean }) {
    super('client-authentication-failed', cause.detail);
    this.clientAuthId = cause.clientAuthId;
    this.basic = cause.basic;
  }
}
