/** Cryptographically secure randomness, as a port. */
export interface Random {
  /** The given number of fresh random bytes. The caller owns the array. */
  bytes(length: number): Buffer;
  /** The given number of fresh random bytes as BASE64URL text. */
  text(length: number): string;
}
