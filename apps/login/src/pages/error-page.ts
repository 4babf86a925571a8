import { type Html, html, webUrl } from '../../../kit/src/html.ts';
import type { Page } from '../../../kit/src/page.ts';
import type { ClientInfo } from '../messages.ts';
import { clientNameMarkup } from './client-card.ts';
import { createPage } from './layout.ts';

/** What an error page says. */
export interface ErrorView {
  readonly brand: string;
  readonly basePath: string;
  /** What the log calls this failure. */
  readonly reference: string;
  /** The application that the person came from, where it is known. */
  readonly client?: ClientInfo;
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

/** Where to go from here: to the application if it has said where it is, else to what this page knows of the session. */
function wayOut({ client, basePath }: ErrorView): Html {
  const home = webUrl(client?.uri);
  const [href, text] =
    home === undefined
      ? [basePath === '' ? '/' : basePath, html`See your session`]
      : [home, html`Go to ${clientNameMarkup(client)}`];
  return html`<p><a class="button" id="error-action" href="${href}" rel="noreferrer">${text}</a></p>`;
}

/** A page that says what failed and what to do, with the reference to tell the operator; all have stable identifiers. */
export function errorPage(view: ErrorView): Page {
  const more = webUrl(view.moreUri);
  const body = html`<h1>${view.title}</h1>
<p class="lead" id="error-advice">${view.advice}</p>
<dl class="facts"><dt>Error</dt><dd><code id="error-code">${view.code}</code></dd>
${view.description !== undefined && html`<dt>Details</dt><dd id="error-description">${view.description}</dd>`}
<dt>Reference</dt><dd><code id="error-reference">${view.reference}</code></dd></dl>
${wayOut(view)}
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
