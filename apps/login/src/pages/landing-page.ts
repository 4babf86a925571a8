import { type Html, html } from '../../../kit/src/html.ts';
import type { Page } from '../../../kit/src/page.ts';
import { createPage } from './layout.ts';
import { avatar } from './sign-in-page.ts';

/** What the page without an authorization request shows. */
export interface LandingView {
  readonly brand: string;
  readonly basePath: string;
  /** Present when there is a session. */
  readonly session?: { readonly name: string; readonly login: string; readonly formToken: string };
  /** The person has signed out just now. */
  readonly signedOut: boolean;
}

function nobody(view: LandingView): Html {
  const heading = view.signedOut ? html`<h1 id="notice">You are signed out</h1>` : html`<h1>You are not signed in</h1>`;
  return html`${heading}
<p id="not-signed-in">Applications send you here when they need you to sign in. Open the application that you want to use and start from there.</p>`;
}

/** Says who is signed in and offers to sign out. */
export function landingPage(view: LandingView): Page {
  const { session } = view;
  const body =
    session === undefined
      ? nobody(view)
      : html`<h1>Your session</h1>
<div class="banner" id="signed-in-banner"><p class="who">${avatar(session.name)}<span>Signed in as <strong id="signed-in-name"><bdi>${session.name}</bdi></strong><br><small>${session.login}</small></span></p></div>
<p>Applications that use this account do not ask for your password again in this browser until you sign out.</p>
<form id="sign-out-form" method="post" action="${view.basePath}/sign-out">
<input type="hidden" name="form_token" value="${session.formToken}">
<button type="submit" class="secondary" id="sign-out" name="action" value="sign-out">Sign out</button>
</form>`;
  const title = view.signedOut ? 'Signed out' : 'Your session';
  return createPage({ brand: view.brand, title, body, formsStayHere: true });
}
