const markup: unique symbol = Symbol('markup');

/** Well-formed markup. Only {@link html} and {@link constantMarkup} make one, so text from outside can never pose as it. */
export interface Html {
  readonly [markup]: string;
}

/** What may stand in a template: text is escaped, markup is not, `undefined` and `false` vanish. */
export type HtmlValue = string | number | Html | readonly Html[] | undefined | false;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/**
 * Escapes text for element content and for quoted attribute values. Characters that HTML forbids (C0 controls but tab and
 * line ends, lone surrogates) become U+FFFD, so that a reader sees that something was there.
 */
export function escapeHtml(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that have to go
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd')
      .replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '')
  );
}

function isHtml(value: Html | readonly Html[]): value is Html {
  return markup in value;
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  if (isHtml(value)) return value[markup];
  return value.map((item) => item[markup]).join('');
}

/**
 * Template tag: every interpolated text is escaped. Attribute values must be written in double quotes.
 * Example: `` html`<p title="${title}">${items.map((item) => html`<b>${item}</b>`)}</p>` ``.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { [markup]: strings.map((part, index) => (index === 0 ? '' : render(values[index - 1])) + part).join('') };
}

/** The markup as text, for sending. */
export function toText(value: Html): string {
  return value[markup];
}

/** Markup from a constant of this program, such as a style sheet whose text must stay as hashed. Never for data. */
export function constantMarkup(constant: string): Html {
  return { [markup]: constant };
}

/** The URL when it is an absolute http or https one, else `undefined`: keeps `javascript:` and its kin out of links. */
export function webUrl(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined;
}
