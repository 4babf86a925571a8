import { type Html, html } from '../../../kit/src/html.ts';
import type { Failure } from '../failure.ts';
import {
  authorizationParameters,
  OFFERED_PROMPTS,
  OFFERED_SCOPES,
  type OptionField,
  parameterPurpose,
  RESPONSE_MODES,
  type SignInOptions,
} from '../sign-in-options.ts';
import { failurePanel } from './failure-panel.ts';
import { layout } from './layout.ts';

/** What the start page shows. */
export interface StartPageContent {
  readonly sitePath: string;
  readonly csrf: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly options: SignInOptions;
  readonly problems: ReadonlyMap<OptionField, string>;
  /** From discovery; absent when the server could not be reached. */
  readonly authorizationEndpoint?: string;
  /** Why discovery failed. */
  readonly failure?: Failure;
  /** True when this browser holds tokens or the outcome of a sign-in. */
  readonly hasResult: boolean;
}

const MODE_WORDS = {
  query: 'query (the default, not sent)',
  form_post: 'form_post (a form that posts itself)',
  fragment: 'fragment (needs JavaScript here)',
} as const;

interface TextField {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly problem?: string | undefined;
  readonly numeric?: boolean;
}

function describedBy(id: string, problem: string | undefined): Html {
  return html` aria-describedby="${id}-hint${problem !== undefined && ` ${id}-problem`}"${problem !== undefined && html` aria-invalid="true"`}`;
}

function problemLine(id: string, problem: string | undefined): Html | undefined {
  return problem === undefined ? undefined : html`<p class="problem" id="${id}-problem">${problem}</p>`;
}

function textField({ id, name, label, hint, value, problem, numeric }: TextField): Html {
  return html`<div class="field"><label for="${id}">${label} <span class="hint" id="${id}-hint">${hint}</span></label>
<input type="text" id="${id}" name="${name}" value="${value}" autocomplete="off" autocapitalize="off" spellcheck="false"${numeric === true && html` inputmode="numeric"`}${describedBy(id, problem)}>${problemLine(id, problem)}</div>`;
}

function scopeFields(options: SignInOptions, problem: string | undefined): Html {
  const boxes = OFFERED_SCOPES.map((scope) => {
    const checked = options.scopes.includes(scope) && html` checked`;
    return html`<label class="check"><input type="checkbox" name="scope" value="${scope}" id="scope-${scope.replace('_', '-')}"${checked}>${scope}</label>`;
  });
  const more = textField({
    id: 'more-scopes',
    name: 'more_scopes',
    label: 'More scopes',
    hint: 'separated by spaces',
    value: options.moreScopes,
    problem,
  });
  return html`<fieldset id="scopes" class="wide"><legend>Scopes</legend><div class="checks">${boxes}</div></fieldset>${more}`;
}

function selectFields(options: SignInOptions): Html {
  const prompts = OFFERED_PROMPTS.map(
    (prompt) =>
      html`<option value="${prompt}"${prompt === options.prompt && html` selected`}>${prompt || 'not sent: the server decides'}</option>`,
  );
  const modes = RESPONSE_MODES.map(
    (mode) =>
      html`<option value="${mode}"${mode === options.responseMode && html` selected`}>${MODE_WORDS[mode]}</option>`,
  );
  return html`<div class="field"><label for="prompt">Prompt <span class="hint">pages that must or must not appear</span></label><select id="prompt" name="prompt">${prompts}</select></div>
<div class="field"><label for="response-mode">Response mode <span class="hint">how the answer comes back</span></label><select id="response-mode" name="response_mode">${modes}</select></div>`;
}

function claimsField(options: SignInOptions, problem: string | undefined): Html {
  return html`<div class="field wide"><label for="claims">Claims request <span class="hint" id="claims-hint">JSON, such as {"userinfo":{"email":{"essential":true}}}</span></label>
<textarea id="claims" name="claims" rows="3" autocomplete="off" autocapitalize="off" spellcheck="false"${describedBy('claims', problem)}>
${options.claims}</textarea>${problemLine('claims', problem)}</div>`;
}

function optionsForm(content: StartPageContent): Html {
  const { options, problems } = content;
  return html`<form id="options-form" class="card" method="post" action="${content.sitePath}/sign-in">
<input type="hidden" name="csrf" value="${content.csrf}">
<div class="actions first"><button class="primary" id="sign-in" type="submit">Sign in with Tessera</button><span class="hint">or change the request first</span></div>
<h2>The request</h2>
<div class="grid">
${scopeFields(options, problems.get('moreScopes'))}
${selectFields(options)}
${textField({ id: 'max-age', name: 'max_age', label: 'Max age', hint: 'seconds since the last sign-in', value: options.maxAge, problem: problems.get('maxAge'), numeric: true })}
${textField({ id: 'login-hint', name: 'login_hint', label: 'Login hint', hint: 'user name or email', value: options.loginHint })}
${textField({ id: 'acr-values', name: 'acr_values', label: 'ACR values', hint: 'separated by spaces', value: options.acrValues })}
${claimsField(options, problems.get('claims'))}
</div>
<p class="hint" id="pkce">PKCE: always on, method <code>S256</code>. State and nonce: random, new for each request.</p>
<div class="actions">
<button class="primary" id="sign-in-below" type="submit">Sign in with these options</button>
<button id="preview" type="submit" formaction="${content.sitePath}/options">Show the request</button>
</div>
</form>`;
}

function requestPreview(content: StartPageContent): Html {
  const placeholder = '(random, made when you sign in)';
  const once = {
    state: placeholder,
    nonce: placeholder,
    codeChallenge: '(made from a random secret when you sign in)',
  };
  const parameters = [...authorizationParameters(content.options, content, once)].map(
    ([name, value]) =>
      html`<dt>${name}</dt><dd id="preview-${name.replaceAll('_', '-')}">${value}<span class="hint">${parameterPurpose(name)}</span></dd>`,
  );
  return html`<section class="card" id="authorization-request"><h2>What your browser will be sent with</h2>
<p class="line"><span class="method">GET</span><code id="authorization-endpoint">${content.authorizationEndpoint ?? 'unknown: discovery failed'}</code></p>
<dl class="wire">${parameters}</dl></section>`;
}

/** The start page: options, the sign-in button, and the request that the options make. */
export function startPage(content: StartPageContent): string {
  const body = html`<h1>Sign in with Tessera</h1>
<p class="lead">This is an application that lets you in with the authorization code flow and PKCE, and shows you everything it sends and receives.</p>
${content.hasResult && html`<p class="notice">You have been here before. <a id="show-result" href="${content.sitePath}/result">Show your tokens</a></p>`}
${content.failure !== undefined && failurePanel('provider', 'The server cannot be used', content.failure)}
${content.problems.size > 0 && html`<div class="notice bad" id="options-problem" role="alert"><h2>Some entries need a change</h2><p>They are marked below. Nothing was sent.</p></div>`}
${optionsForm(content)}
${requestPreview(content)}
<section class="card"><h2>Who talks to whom</h2><dl>
<dt>Server (issuer)</dt><dd><code id="issuer">${content.issuer}</code></dd>
<dt>This client</dt><dd><code id="client-id">${content.clientId}</code></dd>
<dt>Redirect URI</dt><dd><code id="redirect-uri">${content.redirectUri}</code></dd></dl>
<h3 id="policy">Policy</h3><p>What you see here stays in the memory of this program for at most two hours after your last visit, and is shown to nobody else.</p>
<h3 id="terms">Terms</h3><p>This is a demonstration: use test accounts, and expect that it forgets everything when it stops.</p></section>`;
  return layout({ title: 'Sign in', body, sitePath: content.sitePath });
}
