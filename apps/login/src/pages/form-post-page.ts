import { html } from '../../../kit/src/html.ts';
import type { Page } from '../../../kit/src/page.ts';
import { createPage } from './layout.ts';

/** Where to post what. */
export interface FormPostView {
  readonly brand: string;
  readonly target: string;
  readonly fields: Iterable<readonly [name: string, value: string]>;
}

// A field may be called "submit" and hide the method of the form, hence the prototype.
const SUBMIT = `window.onload=function(){var f=document.getElementById('form-post');try{HTMLFormElement.prototype.submit.call(f)}catch(e){f.submit()}};`;

/** Posts fields to another place by itself, or by its button where there is no script (OAuth 2.0 Form Post Response Mode). */
export function formPostPage(view: FormPostView): Page {
  const inputs = [...view.fields].map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`);
  const body = html`<h1>One moment</h1>
<p class="lead">You are being taken back. If nothing happens, press Continue.</p>
<form id="form-post" method="post" action="${view.target}">
${inputs}<button type="submit" class="primary" id="continue">Continue</button>
</form>`;
  return createPage({ brand: view.brand, title: 'Continue', body, script: SUBMIT });
}
