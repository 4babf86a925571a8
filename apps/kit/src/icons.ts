import { html } from './html.ts';

/** The mark of Tessera: the two halves of a token. It takes the colour of the text around it. */
export const MARK = html`<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false" fill="currentColor"><path d="M4 6a3 3 0 0 1 3-3h10v7a3.5 3.5 0 1 0 0 7v12H7a3 3 0 0 1-3-3z"/><path d="M19.5 3H25a3 3 0 0 1 3 3v20a3 3 0 0 1-3 3h-5.5V19a5.5 5.5 0 0 0 0-11z" opacity=".55"/></svg>`;
