/** What stands in the place of a secret. */
export const masked = '(secret)';

const secretWord =
  /(password$|passwd$|secret$|apiaccesstoken|token$|encjwk|jwkset(?!cache)|importifempty|privatekey|hmacsha256key|x509certheader|pin$)/i;

/**
 * Whether the name of a property speaks of a secret. For names that no declaration covers, and as a second net. Names
 * that end in `SHA256` count too: somebody may have written the token in the place of its hash.
 */
export function namesSecret(name: string): boolean {
  return secretWord.test(name);
}

/** A value for display: one line, at most 200 characters, and the password of a URL blotted out. */
export function displayValue(value: string): string {
  const withoutPassword = value.replace(/(\/\/[^/?#\s:@]*):[^/?#\s]*@/g, `$1:${masked}@`);
  const oneLine = withoutPassword.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
  return oneLine.length > 200 ? `${oneLine.slice(0, 200)}...` : oneLine;
}

/** A value from outside as a detail for the operator's log: for display, and in quotes. */
export function quotedValue(value: string): string {
  return JSON.stringify(displayValue(value));
}
