import { type Html, html } from '../../../kit/src/html.ts';
import type { JsonObject } from '../../../kit/src/json.ts';
import type { Page } from '../../../kit/src/page.ts';
import { type ConsentGroup, consentChoices } from '../consent-choices.ts';
import type { ConsentMessage } from '../messages.ts';
import { labelOf, type ScopeLabels } from '../scope-labels.ts';
import { clientLinks, clientLogo, clientNameMarkup, logoOrigin, namelessNote, redirectPlace } from './client-card.ts';
import { claimLabel, claimValue } from './consent-labels.ts';
import { createPage } from './layout.ts';
import { avatar } from './sign-in-page.ts';

/** What the consent page shows. */
export interface ConsentView {
  readonly brand: string;
  readonly basePath: string;
  readonly formToken: string;
  readonly message: ConsentMessage;
  /** Name of the person who is signed in. */
  readonly name: string;
  /** The person's claims as far as this program knows them, to show what would be shared. */
  readonly claims: JsonObject;
  readonly scopeLabels: ScopeLabels;
  /** Where the answer goes. */
  readonly redirectUri: string | undefined;
}

/** Element identifiers from names that may hold any character; unique within a page. */
function idMaker(): (prefix: string, name: string) => string {
  const used = new Set<string>();
  return (prefix, name) => {
    const wanted = `${prefix}-${name.replace(/[^A-Za-z0-9_.-]/g, '-')}`;
    let id = wanted;
    for (let count = 2; used.has(id); count++) id = `${wanted}-${count}`;
    used.add(id);
    return id;
  };
}

function claimOption(view: ConsentView, id: string, claim: string): Html {
  const { claims } = view.message;
  const value = claimValue(view.claims, claim);
  const purpose = claims.purposes.get(claim);
  return html`<label class="option" for="${id}"><input type="checkbox" id="${id}" name="claim" value="${claim}" checked>
<span>${claimLabel(claim)}${value !== undefined && html` <span class="value">${value}</span>`}
${claims.newEssential.includes(claim) && html`<span class="tag">Needed by the application</span>`}${purpose !== undefined && html`<small>${purpose}</small>`}</span></label>`;
}

type MakeId = ReturnType<typeof idMaker>;

function scopeOptions(view: ConsentView, { scopes }: ConsentGroup, makeId: MakeId): readonly Html[] {
  return scopes.map(({ scope, claims }) => {
    const { title, explanation } = labelOf(scope, view.scopeLabels);
    const id = makeId('scope', scope);
    const box =
      scope === 'openid'
        ? html`<input type="checkbox" id="${id}" checked disabled>`
        : html`<input type="checkbox" id="${id}" name="scope" value="${scope}" checked>`;
    const details = claims.map((claim) => claimOption(view, makeId('claim', claim), claim));
    return html`<div class="group"><label class="option" for="${id}">${box}
<span><strong>${title}</strong>${scope === 'openid' && html` <span class="tag">Always</span>`}${explanation !== undefined && html`<small>${explanation}</small>`}</span></label>
${details.length > 0 && html`<details><summary>${details.length === 1 ? 'Show 1 detail' : `Choose from ${details.length} details`}</summary>${details}</details>`}</div>`;
  });
}

function otherOptions(view: ConsentView, { otherClaims }: ConsentGroup, makeId: MakeId): readonly Html[] {
  return otherClaims.map((claim) => claimOption(view, makeId('claim', claim), claim));
}

function resourceOptions({ resources }: ConsentGroup, makeId: MakeId): readonly Html[] {
  return resources.map((resource) => {
    const id = makeId('resource', resource);
    return html`<label class="option" for="${id}"><input type="checkbox" id="${id}" name="resource" value="${resource}" checked>
<span><strong class="resource"><bdi>${resource}</bdi></strong></span></label>`;
  });
}

/** What was agreed to before, to be taken back by unticking it. */
function alreadyAgreed(view: ConsentView, agreed: ConsentGroup, makeId: MakeId): Html {
  const options = [
    ...scopeOptions(view, agreed, makeId),
    ...otherOptions(view, agreed, makeId),
    ...resourceOptions(agreed, makeId),
  ];
  if (options.length === 0) return html``;
  return html`<details class="agreed" id="already-agreed"><summary>Already agreed to (${options.length})</summary>
<p class="lead">What you untick here is taken back.</p>${options}</details>`;
}

function signedInBanner(view: ConsentView): Html {
  const form = (
    action: string,
    id: string,
    content: Html,
  ) => html`<form id="${id}" method="post" action="${view.basePath}/${action}">
<input type="hidden" name="form_token" value="${view.formToken}">${content}</form>`;
  return html`<div class="banner" id="signed-in-banner"><p class="who">${avatar(view.name)}<span>Signed in as <strong id="signed-in-name"><bdi>${view.name}</bdi></strong></span></p>
<div class="choices">${form('account', 'other-account-form', html`<input type="hidden" name="action" value="choose-account"><button type="submit" class="link" id="use-another-account" name="account" value="">Use another account</button>`)}
${form('sign-out', 'sign-out-form', html`<button type="submit" class="link" id="sign-out" name="action" value="sign-out">Sign out</button>`)}</div></div>`;
}

function heading({ client }: ConsentMessage): Html {
  const who = client.name === undefined ? 'An application without a name' : clientNameMarkup(client);
  return html`<h1>${who} would like to access your account</h1>${namelessNote(client)}`;
}

function destination({ redirectUri }: ConsentView): Html {
  const place = redirectPlace(redirectUri);
  if (place === undefined) return html``;
  return html`<p class="hint destination">Your answer goes to <strong><bdi id="redirect-host">${place}</bdi></strong></p>`;
}

/** Asks for consent to scope values and claims, each with its own box. */
export function consentPage(view: ConsentView): Page {
  const { message } = view;
  const makeId = idMaker();
  const { asked, agreed } = consentChoices(message);
  const scopes = scopeOptions(view, asked, makeId);
  const others = otherOptions(view, asked, makeId);
  const resources = resourceOptions(asked, makeId);
  const origin = logoOrigin(message.client);
  const body = html`${clientLogo(message.client)}
${heading(message)}
<p class="lead">You decide what it gets. Untick what you do not want to share.</p>
${signedInBanner(view)}
<form id="consent-form" method="post" action="${view.basePath}/consent">
<input type="hidden" name="form_token" value="${view.formToken}">
${scopes.length > 0 && html`<fieldset><legend>The application will be able to</legend>${scopes}</fieldset>`}
${others.length > 0 && html`<fieldset><legend>${scopes.length > 0 ? 'It also asks for' : 'The application asks for'}</legend>${others}</fieldset>`}
${resources.length > 0 && html`<fieldset id="resources"><legend>It will use the access at</legend>${resources}</fieldset>`}
${scopes.length + others.length + resources.length === 0 && html`<p id="nothing-new">It asks for nothing new. Press Allow to go on.</p>`}
${alreadyAgreed(view, agreed, makeId)}
<label class="option remember" for="remember"><input type="checkbox" id="remember" name="remember" value="yes" checked><span>Remember my choice<small>Next time the application asks only for what is new</small></span></label>
${destination(view)}
<button type="submit" class="primary" id="allow" name="action" value="allow">Allow</button>
</form>
<form id="deny-form" method="post" action="${view.basePath}/cancel">
<input type="hidden" name="form_token" value="${view.formToken}">
<button type="submit" class="secondary" id="deny" name="action" value="deny">Deny</button>
</form>
${clientLinks(message.client)}`;
  return createPage({
    brand: view.brand,
    title: 'Allow access',
    body,
    display: message.display,
    wide: true,
    ...(origin === undefined ? {} : { imageOrigins: [origin] }),
  });
}
