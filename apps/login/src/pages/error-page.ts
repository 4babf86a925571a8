import { html, webUrl } from '../../../kit/src/html.ts';
import type { Page } from '../../../kit/src/page.ts';
import { createPage } from './layout.ts';

/** What an error page says. */
export interface ErrorView {
  readonly brand: string;
  readonly status: number;
  readonly title: string;
  /** What the person can do now. */
  readonly advice: string;
  /** Stable code, for the application's developer and for automated checks. */
  readonly code: string;
  readonly description?: string;
  readonly moreUri?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A page that says what failed and what to do; code and description have stable identifiers. */
export function errorPage(view: ErrorView): Page {
  const more = webUrl(view.moreUri);
  const body = html`<h1>${view.title}</h1>
<p class="lead" id="error-advice">${view.advice}</p>
<dl class="facts"><dt>Error</dt><dd><code id="error-code">${view.code}</code></dd>
${view.description !== undefined && html`<dt>Details</dt><dd id="error-description">${view.description}</dd>`}</dl>
${more !== undefined && html`<p><a id="error-uri" href="${more}" rel="noopener noreferrer">More about this error</a></p>`}`;
  return createPage({
    brand: view.brand,
    status: view.status,
    title: `Error: ${view.title}`,
    body,
    formsStayHere: true,
    ...(view.headers === undefined ? {} : { headers: view.headers }),
  });
}
