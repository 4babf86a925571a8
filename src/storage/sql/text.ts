/**
 * PostgreSQL refuses U+0000 in text, and UTF-8 has no lone surrogates: a driver replaces each by U+FFFD, so that two
 * different keys would become one. Column text with such characters is therefore written in an escaped form that maps one
 * to one, control characters included for the eyes of the operator; all other text is written as it is. Payloads need none
 * of it, since JSON escapes both.
 */

/** A noncharacter, so that text hardly ever has it of its own. */
const ESCAPE = '\uffff';
/** Most text is of these characters alone, which is quicker to see. */
const NOT_PLAIN = /[^ -~]/;
const NEEDS_ESCAPE = /[\p{Control}\p{Surrogate}\uffff]/u;
const EACH_ESCAPE = /[\p{Control}\p{Surrogate}\uffff]/gu;
const ESCAPED = /\uffff([0-9a-f]{4})/g;

/** The column text for any JavaScript string; distinct strings have distinct column texts. */
export function toColumnText(value: string): string {
  if (!NOT_PLAIN.test(value) || !NEEDS_ESCAPE.test(value)) return value;
  return value.replace(EACH_ESCAPE, (unit) => `${ESCAPE}${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The string that `toColumnText` made a column text of. */
export function fromColumnText(text: string): string {
  return text.replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
