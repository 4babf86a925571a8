/** The sender constraint of a token: the `cnf` claim (RFC 7800) with `x5t#S256` (RFC 8705) and `jkt` (RFC 9449). */
export interface Confirmation {
  readonly 'x5t#S256'?: string;
  readonly jkt?: string;
}
