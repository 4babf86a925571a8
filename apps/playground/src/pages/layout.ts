import { type Html, html, trusted } from '../html.ts';
import { STYLES } from './styles.ts';

/** One page of the playground. */
export interface PageContent {
  readonly title: string;
  readonly body: Html;
  /** Path of the start page, without a slash at the end. */
  readonly sitePath: string;
  /** A constant script of this program; the reply must name its hash. */
  readonly script?: string;
}

/** The frame around every page. */
export function layout(content: PageContent): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${content.title} · Tessera playground</title>
<link rel="icon" href="data:,">
<style>${trusted(STYLES)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top"><a id="home" href="${content.sitePath || '/'}"><span class="mark" aria-hidden="true"></span>Tessera playground</a><span class="sub">a demo relying party</span></header>
<main id="main">
${content.body}
</main>
${content.script !== undefined && html`<script>${trusted(content.script)}</script>`}
</body>
</html>
`;
}
