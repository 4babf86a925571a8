import { type Html, html } from '../../../kit/src/html.ts';
import type { Page } from '../../../kit/src/page.ts';
import type { KnownAccount } from '../accounts.ts';
import type { AuthMessage } from '../messages.ts';
import { clientLinks, clientLogo, clientNameMarkup, logoOrigin, namelessNote } from './client-card.ts';
import { createPage } from './layout.ts';

/** What the sign-in page shows. */
export interface SignInView {
  readonly brand: string;
  readonly basePath: string;
  readonly formToken: string;
  readonly message: AuthMessage;
  /** Accounts to choose from, the one with a session first. */
  readonly accounts: readonly (KnownAccount & { readonly signedIn: boolean })[];
  /** Name to stand in the form. */
  readonly username?: string;
  /** The person whose session exists and who should confirm it with the password. */
  readonly confirming?: string;
  readonly notice?: string;
  /** What went wrong with the last attempt. */
  readonly problem?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function initial(name: string): string {
  return [...name.trim()][0]?.toUpperCase() ?? '?';
}

/** The round letter beside a name. */
export function avatar(name: string): Html {
  return html`<span class="avatar" aria-hidden="true">${initial(name)}</span>`;
}

function heading(view: SignInView): Html {
  if (view.confirming !== undefined) return html`<h1>Confirm that it is you</h1>`;
  return view.accounts.length > 0 ? html`<h1>Choose an account</h1>` : html`<h1>Sign in</h1>`;
}

function chooser(view: SignInView): Html {
  if (view.accounts.length === 0) return html``;
  const items = view.accounts.map(
    (account, index) => html`<li><button type="submit" id="account-${index + 1}" name="account" value="${account.sub}">
${avatar(account.name)}<span><strong>${account.signedIn && 'Continue as '}<bdi>${account.name}</bdi></strong><small>${account.login} · ${account.signedIn ? 'Signed in' : 'Signed out'}</small></span></button></li>`,
  );
  return html`<form id="account-form" method="post" action="${view.basePath}/account" aria-label="Known accounts">
<input type="hidden" name="form_token" value="${view.formToken}"><input type="hidden" name="action" value="choose-account">
<ul class="accounts">${items}</ul>
</form>
<p class="or" id="or-another-account">Use another account</p>`;
}

function confirmation(view: SignInView): Html {
  if (view.confirming === undefined) return html``;
  return html`<div class="banner" id="signed-in-banner"><p class="who">${avatar(view.confirming)}<span>Signed in as <strong><bdi>${view.confirming}</bdi></strong></span></p>
<div class="choices"><form id="other-account-form" method="post" action="${view.basePath}/account">
<input type="hidden" name="form_token" value="${view.formToken}"><input type="hidden" name="action" value="choose-account">
<button type="submit" class="link" id="use-another-account" name="account" value="">Use another account</button>
</form></div></div>`;
}

function passwordForm(view: SignInView): Html {
  const { problem, username } = view;
  const fault = problem !== undefined && html` aria-invalid="true" aria-describedby="form-error"`;
  const toPassword = username !== undefined && username !== '';
  // On a page that offers accounts the first of them comes first for the keyboard, too.
  const focus = (here: boolean) => here && view.accounts.length === 0 && html` autofocus`;
  return html`<form id="sign-in-form" method="post" action="${view.basePath}/sign-in">
<input type="hidden" name="form_token" value="${view.formToken}">
<div class="field"><label class="name" for="username">Username or email address</label>
<input type="text" id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" required${fault}${focus(!toPassword)}></div>
<div class="field"><label class="name" for="password">Password</label>
<input type="password" id="password" name="password" autocomplete="current-password" required${fault}${focus(toPassword)}></div>
<button type="submit" class="primary" id="sign-in" name="action" value="sign-in">Sign in</button>
</form>`;
}

/** Sign-in form, with the account chooser where there are accounts to choose from. Every part works without script. */
export function signInPage(view: SignInView): Page {
  const { message } = view;
  const origin = logoOrigin(message.client);
  const body = html`${clientLogo(message.client)}
${heading(view)}
<p class="lead">to continue to ${clientNameMarkup(message.client)}</p>
${namelessNote(message.client)}
${view.notice !== undefined && html`<p class="notice" id="notice" role="status">${view.notice}</p>`}
${
  message.createAccount &&
  html`<p class="notice" id="create-account-notice">Accounts cannot be created here. If you have one, sign in with it to continue; if not, ask those who run this service.</p>`
}
${view.problem !== undefined && html`<p class="notice bad" id="form-error" role="alert">${view.problem}</p>`}
${confirmation(view)}
${chooser(view)}
${passwordForm(view)}
<form id="cancel-form" method="post" action="${view.basePath}/cancel">
<input type="hidden" name="form_token" value="${view.formToken}">
<button type="submit" class="secondary" id="cancel" name="action" value="cancel">Cancel</button>
</form>
${clientLinks(message.client)}`;
  return createPage({
    brand: view.brand,
    title: view.problem === undefined ? 'Sign in' : 'Error: Sign in',
    body,
    display: message.display,
    ...(view.status === undefined ? {} : { status: view.status }),
    ...(view.headers === undefined ? {} : { headers: view.headers }),
    ...(origin === undefined ? {} : { imageOrigins: [origin] }),
  });
}
