/** The X.509 certificate that a client has shown in a mutual TLS handshake (RFC 8705), validated by whoever terminates TLS. */
export interface ClientCertificate {
  /** The subject's distinguished name (RFC 4514). */
  readonly subject: string;
  /** SHA-256 of the DER form, BASE64URL: what `x5t#S256` holds. */
  readonly thumbprint: string;
  /** The certificate in DER form. */
  readonly der: Uint8Array;
}
