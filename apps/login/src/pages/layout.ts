import { constantMarkup, type Html, html, toText } from '../html.ts';
import { cspHash, STYLES } from '../styles.ts';

/** A page ready to be sent. */
export interface Page {
  readonly status: number;
  readonly text: string;
  /** Value of `Content-Security-Policy`. */
  readonly policy: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What makes a page. */
export interface PageParts {
  readonly status?: number;
  readonly title: string;
  readonly body: Html;
  /** The `display` of the authorization request; `popup` gives a page without margins. */
  readonly display?: string;
  readonly wide?: boolean;
  /** Origins from which pictures may come. */
  readonly imageOrigins?: readonly string[];
  /** The one inline script of the page: a constant. */
  readonly script?: string;
  /** False for a page with a form whose answer may lead to the client, see {@link policy}. */
  readonly formsStayHere?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Shown above every page. */
  readonly brand: string;
}

const STYLE_ELEMENT = constantMarkup(`<style>${STYLES}</style>`);
const STYLE_SOURCE = cspHash(STYLES);

/**
 * `form-action` is left out of pages whose forms may end at the client. Chromium applies it to every redirect that follows
 * a form post: `form-action 'self'` would stop the 303 to the redirection URI, naming the client's origin would stop a
 * client that redirects on to another host, and custom schemes have no origin to name. What `form-action` guards against,
 * an injected form, is met by escaping everything and by `base-uri` and `script-src`.
 */
function policy(parts: PageParts): string {
  const images = parts.imageOrigins?.length ? `; img-src ${parts.imageOrigins.join(' ')}` : '';
  const script = parts.script === undefined ? '' : `; script-src ${cspHash(parts.script)}`;
  const forms = parts.formsStayHere === true ? "; form-action 'self'" : '';
  return `default-src 'none'; style-src ${STYLE_SOURCE}${images}${script}${forms}; base-uri 'none'; frame-ancestors 'none'`;
}

const MARK = html`<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false" fill="currentColor"><path d="M4 6a3 3 0 0 1 3-3h10v7a3.5 3.5 0 1 0 0 7v12H7a3 3 0 0 1-3-3z"/><path d="M19.5 3H25a3 3 0 0 1 3 3v20a3 3 0 0 1-3 3h-5.5V19a5.5 5.5 0 0 0 0-11z" opacity=".55"/></svg>`;

/** Builds a page from its parts. */
export function createPage(parts: PageParts): Page {
  const document = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${parts.title} - ${parts.brand}</title>
${STYLE_ELEMENT}
</head>
<body${parts.display === 'popup' && html` class="popup"`}>
<header class="brand">${MARK}<span>${parts.brand}</span></header>
<main${parts.wide === true && html` class="wide"`}>
${parts.body}
</main>
${parts.script !== undefined && constantMarkup(`<script>${parts.script}</script>`)}
</body>
</html>
`;
  return { status: parts.status ?? 200, text: toText(document), policy: policy(parts), headers: parts.headers ?? {} };
}
