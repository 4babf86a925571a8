import { OAuthError } from '../../errors/oauth-error.ts';

/**
 * A failed client authentication: the same bland text for every cause, and an ID to find the cause in the log. It is answered with a
 * challenge however the client tried (RFC 9110, section 15.5.2).
 */
export class ClientAuthenticationError extends OAuthError {
  /** 12 random bytes, BASE64URL. */
  readonly clientAuthId: string;

  constructor(cause: { readonly detail: string; readonly clientAuthId: string }) {
    super('client-authentication-failed', cause.detail);
    this.clientAuthId = cause.clientAuthId;
  }
}
