/**
 * Whether a text can be a client ID: 1 to 512 visible ASCII characters, room for the URL of a federation entity (RFC 6749,
 * appendix A.1, without the blank). Anything else is unknown to every store, which need not be asked.
 */
export function isClientId(text: string): boolean {
  return /^[\x21-\x7e]{1,512}$/.test(text);
}
