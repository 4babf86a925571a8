import { createHash } from 'node:crypto';
import { constantMarkup, type Html, html, toText } from './html.ts';

/** A page ready to be sent. */
export interface Page {
  readonly status: number;
  readonly text: string;
  /** Value of `Content-Security-Policy`. */
  readonly policy: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a document is made of. */
export interface DocumentParts {
  readonly title: string;
  /** What stands in the body beside the script. */
  readonly body: Html;
  /** Class of the body. */
  readonly bodyClass?: string | undefined;
  /** The style sheet, inline: a constant of the app, so that a page is one request and the policy can name it by its hash. */
  readonly styles: string;
  /** The one inline script of the page: a constant. */
  readonly script?: string | undefined;
}

/** The whole document, from `<!DOCTYPE html>`. Example: `documentOf({ title: 'Start', body, styles: STYLES })`. */
export function documentOf(parts: DocumentParts): string {
  const { title, body, bodyClass, styles, script } = parts;
  return toText(html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${constantMarkup(styles)}</style>
</head>
<body${bodyClass !== undefined && html` class="${bodyClass}"`}>
${body}
${script !== undefined && html`<script>${constantMarkup(script)}</script>`}
</body>
</html>
`);
}

/** What a policy lets a page do beyond having its own styles and script. */
export interface PolicyParts {
  readonly styles: string;
  readonly script?: string | undefined;
  /** Origins from which pictures may come. */
  readonly imageOrigins?: readonly string[] | undefined;
  /**
   * Where forms may go, each a source expression: browsers hold every redirect after a form against it too. Without it, and
   * therefore anywhere, for a page whose form may end at an address that is not known before.
   */
  readonly formTargets?: readonly string[] | undefined;
}

/** The `Content-Security-Policy` of a page: nothing but what it is made of, and no framing (CSP 3). */
export function policyOf({ styles, script, imageOrigins = [], formTargets }: PolicyParts): string {
  return [
    "default-src 'none'",
    `style-src ${cspHash(styles)}`,
    ...(script === undefined ? [] : [`script-src ${cspHash(script)}`]),
    // The icon of every document is empty data, so that no browser asks for /favicon.ico.
    `img-src ${['data:', ...imageOrigins].join(' ')}`,
    ...(formTargets === undefined ? [] : [`form-action ${formTargets.join(' ')}`]),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const hashes = new Map<string, string>();

/** A CSP source expression for an inline script or style with exactly this text: a constant, its hash is kept. */
function cspHash(constant: string): string {
  const known = hashes.get(constant);
  if (known !== undefined) return known;
  const hash = `'sha256-${createHash('sha256').update(constant, 'utf8').digest('base64')}'`;
  hashes.set(constant, hash);
  return hash;
}
