import { type Html, html } from '../../../kit/src/html.ts';
import { MARK } from '../../../kit/src/icons.ts';
import { documentOf } from '../../../kit/src/page.ts';
import { STYLES } from './styles.ts';

/** One page of the playground. */
export interface PageContent {
  readonly title: string;
  readonly body: Html;
  /** Path of the start page, without a slash at the end. */
  readonly sitePath: string;
  /** A constant script of this program; the policy of the reply must name its hash. */
  readonly script?: string;
}

/** The whole document of a page, ready to be sent. */
export function layout({ title, body, sitePath, script }: PageContent): string {
  const frame = html`<a class="skip" href="#main">Skip to content</a>
<header class="top"><a id="home" href="${sitePath || '/'}">${MARK}Tessera playground</a><span class="sub">a demo relying party</span></header>
<main id="main">
${body}
</main>`;
  return documentOf({ title: `${title} · Tessera playground`, body: frame, styles: STYLES, script });
}
