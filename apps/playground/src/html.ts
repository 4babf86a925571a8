const markup: unique symbol = Symbol('markup');

/** Well-formed markup. Only {@link html} and {@link trusted} make one, so text from outside can never pose as it. */
export interface Html {
  readonly [markup]: string;
}

/** What a template accepts: text and numbers are escaped, markup is kept, `undefined` and `false` leave nothing. */
export type HtmlValue = string | number | Html | readonly Html[] | undefined | false;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text for element content and for attribute values in double quotes. Characters that HTML forbids (C0 controls but tab and
 * line ends, lone surrogates) become U+FFFD, so that a reader sees that something was there.
 */
export function escapeHtml(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that have to go
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd')
      .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
  );
}

function isHtml(value: Html | readonly Html[]): value is Html {
  return markup in value;
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  if (isHtml(value)) return value[markup];
  return value.map((item) => item[markup]).join('');
}

/** Template tag: every interpolated text is escaped. Attribute values must stand in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { [markup]: strings.map((part, index) => (index === 0 ? '' : render(values[index - 1])) + part).join('') };
}

/** Markup from a constant of this program (style sheet, script), whose text must stay exactly as hashed. Never for data. */
export function trusted(constant: string): Html {
  return { [markup]: constant };
}

/** The markup as text, for sending. */
export function toText(value: Html): string {
  return value[markup];
}
