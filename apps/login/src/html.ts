const markup: unique symbol = Symbol('markup');

/** Text that is known to be well-formed markup. Only {@link html} makes one, so untrusted text can never pose as it. */
export interface Html {
  readonly [markup]: string;
}

/** What may stand in a template: text is escaped, markup is not, `undefined` and `false` vanish. */
export type HtmlValue = string | number | Html | readonly Html[] | undefined | false;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Escapes text for element content and for quoted attribute values; control characters that HTML forbids are dropped. */
export function escapeHtml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that have to go
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '')
      .replace(/[&<>"'`]/g, (character) => ESCAPES[character] ?? '')
  );
}

function isHtml(value: string | number | Html | readonly Html[]): value is Html {
  return typeof value === 'object' && markup in value;
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  if (isHtml(value)) return value[markup];
  return value.map((item) => item[markup]).join('');
}

/** Template tag: every interpolated text is escaped. Attribute values must be written in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const parts = strings.map((part, index) => (index === 0 ? part : render(values[index - 1]) + part));
  return { [markup]: parts.join('') };
}

/** The markup as text, for sending. */
export function toText(value: Html): string {
  return value[markup];
}

/** Markup from a constant of this program, such as a style sheet whose text must stay as hashed. Never for data. */
export function constantMarkup(text: string): Html {
  return { [markup]: text };
}

/** The URL when it is an absolute http or https one, else `undefined`: keeps `javascript:` and its kin out of links. */
export function webUrl(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined;
}
