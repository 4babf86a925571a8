/** Decodes BASE64URL without padding; `undefined` when a character is illegal or the text is not canonical. */
export function decodeBase64Url(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  // Spare bits that are not zero would let one value have several spellings.
  return bytes.toString('base64url') === text ? bytes : undefined;
}
