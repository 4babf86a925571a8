import { html } from '../../../kit/src/html.ts';
import { layout } from './layout.ts';

/**
 * Hands the fragment to the server, which a browser never sends by itself; takes it out of the address and the history first,
 * since it holds a code.
 */
export const FRAGMENT_SCRIPT = `
(function () {
  var response = location.hash.slice(1);
  if (response === '') {
    document.getElementById('fragment-waiting').hidden = true;
    document.getElementById('fragment-empty').hidden = false;
    return;
  }
  history.replaceState(null, '', location.pathname);
  document.getElementById('fragment-response').value = response;
  document.getElementById('fragment-form').submit();
})();
`;

/** The page at the redirect URI when no parameter reached the server: with response mode fragment they stay in the browser. */
export function fragmentPage(sitePath: string): string {
  const body = html`<h1>Reading the response</h1>
<form id="fragment-form" method="post" action="${sitePath}/callback/fragment"><input type="hidden" name="response" id="fragment-response"></form>
<p id="fragment-waiting" role="status">One moment.</p>
<div class="notice bad" role="alert" id="fragment-empty" hidden><p>There is no authorization response here: neither in the query nor in the fragment of the address.</p></div>
<noscript><div class="notice bad" id="fragment-noscript"><p>With response mode fragment the answer never leaves your browser by itself, and handing it on takes JavaScript. Start again with response mode query or form_post.</p></div></noscript>
<p><a class="button" id="back-to-start" href="${sitePath || '/'}">Back to the start</a></p>`;
  return layout({ title: 'Reading the response', body, sitePath, script: FRAGMENT_SCRIPT });
}
