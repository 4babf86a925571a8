import { type Html, html } from '../../../kit/src/html.ts';

/** Text as it is, in a box that scrolls when it is long, and that the keyboard reaches to scroll it (WCAG 2.1.1). */
export function codeBlock(id: string, text: string): Html {
  return html`<pre id="${id}" tabindex="0">${text}</pre>`;
}
