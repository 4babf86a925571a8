import { type Html, html } from '../../../kit/src/html.ts';
import { MARK } from '../../../kit/src/icons.ts';
import { documentOf, type Page, policyOf } from '../../../kit/src/page.ts';
import { STYLES } from '../styles.ts';

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
  /**
   * False for a page with a form whose answer may lead to the client. `form-action` is left out of its policy: Chromium
   * applies it to every redirect that follows a form post, so that `form-action 'self'` would stop the 303 to the redirection
   * URI, naming the client's origin would stop a client that redirects on to another host, and custom schemes have no
   * origin to name. What `form-action` guards against, an injected form, is met by escaping everything and by `base-uri`
   * and `script-src`.
   */
  readonly formsStayHere?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Shown above every page. */
  readonly brand: string;
}

/** Builds a page from its parts. */
export function createPage(parts: PageParts): Page {
  const { brand, script, imageOrigins } = parts;
  const body = html`<header class="brand">${MARK}<span>${brand}</span></header>
<main${parts.wide === true && html` class="wide"`}>
${parts.body}
</main>`;
  return {
    status: parts.status ?? 200,
    text: documentOf({
      title: `${parts.title} - ${brand}`,
      body,
      bodyClass: parts.display === 'popup' ? 'popup' : undefined,
      styles: STYLES,
      script,
    }),
    policy: policyOf({
      styles: STYLES,
      script,
      imageOrigins,
      formTargets: parts.formsStayHere ? ["'self'"] : undefined,
    }),
    headers: parts.headers ?? {},
  };
}
