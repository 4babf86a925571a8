import { type Html, html } from '../../../kit/src/html.ts';
import { isJsonObject, parseJson } from '../../../kit/src/json.ts';
import type { Field } from '../exchange-recorder.ts';
import { humanTime } from '../human-time.ts';
import type { PlaygroundSession, ReceivedResponse, Step, StepKind, Tokens } from '../session-store.ts';
import { parameterPurpose } from '../sign-in-options.ts';
import { codeBlock } from './code-block.ts';
import { exchangePanels, fieldList } from './exchange-panel.ts';
import { failurePanel } from './failure-panel.ts';
import { layout } from './layout.ts';
import { timesList, tokenPanel } from './token-panel.ts';

/** What the result page shows. */
export interface ResultPageContent {
  readonly sitePath: string;
  readonly csrf: string;
  readonly session: PlaygroundSession;
  /** Unix seconds. */
  readonly now: number;
}

interface Button {
  readonly id: string;
  readonly path: string;
  readonly label: string;
  readonly disabled?: boolean;
}

const STEP_TITLES: Readonly<Record<StepKind, string>> = {
  token: 'Code redeemed at the token endpoint',
  refresh: 'Refresh',
  userinfo: 'UserInfo',
  introspect: 'Introspection of the access token',
  'revoke-access': 'Revocation of the access token',
  'revoke-refresh': 'Revocation of the refresh token',
};

function button({ id, path, label, disabled }: Button, { sitePath, csrf }: ResultPageContent): Html {
  return html`<form method="post" action="${sitePath}/${path}"><input type="hidden" name="csrf" value="${csrf}"><button id="${id}" type="submit"${disabled === true && html` disabled`}>${label}</button></form>`;
}

function actions(content: ResultPageContent, tokens: Tokens | undefined): Html {
  const noRefresh = tokens?.refreshToken === undefined;
  const withTokens: readonly Button[] = [
    { id: 'refresh', path: 'refresh', label: 'Refresh', disabled: noRefresh },
    { id: 'userinfo', path: 'userinfo', label: 'UserInfo' },
    { id: 'introspect', path: 'introspect', label: 'Introspect' },
    { id: 'revoke', path: 'revoke-access', label: 'Revoke access token' },
    { id: 'revoke-refresh', path: 'revoke-refresh', label: 'Revoke refresh token', disabled: noRefresh },
  ];
  const always: readonly Button[] = [
    { id: 'sign-in-again', path: 'again', label: 'Sign in again, without a prompt' },
    { id: 'start-over', path: 'start-over', label: 'Start over' },
  ];
  const buttons = [...(tokens === undefined ? [] : withTokens), ...always];
  return html`<section class="card" id="actions"><h2>What next</h2><div class="actions">${buttons.map((entry) => button(entry, content))}<a class="button" id="change-request" href="${content.sitePath || '/'}">Change the request</a></div></section>`;
}

function summary(tokens: Tokens, now: number): Html {
  return html`<section class="card" id="summary"><dl>
<dt>Subject</dt><dd id="subject">${tokens.subject ?? 'not told: no ID token (scope openid was not granted)'}</dd>
<dt>Scope</dt><dd id="granted-scope">${tokens.scope ?? 'not told: as requested (RFC 6749 section 5.1)'}</dd>
<dt>Access token</dt><dd id="access-token-expiry">${tokens.tokenType}${tokens.expiresAt !== undefined && `, expires ${humanTime(tokens.expiresAt, now)}`}</dd>
<dt>Refresh token</dt><dd id="refresh-token-state">${tokens.refreshToken === undefined ? 'none' : 'received'}</dd></dl></section>`;
}

function stepTimes(step: Step, now: number): Html | undefined {
  if (step.kind !== 'introspect' && step.kind !== 'userinfo') return undefined;
  const body = parseJson(step.exchanges[0]?.response?.body ?? '');
  return isJsonObject(body) ? timesList(body, `${step.kind}-times`, now) : undefined;
}

function stepPanel(step: Step, open: boolean, now: number): Html {
  const outcome = step.failure === undefined ? 'ok' : 'failed';
  return html`<details class="card" id="step-${step.kind}" data-outcome="${outcome}"${open && html` open`}><summary>${STEP_TITLES[step.kind]} <span class="${outcome === 'ok' ? 'status' : 'status bad'}">${outcome}</span> <span class="hint">${humanTime(step.at, now)}</span></summary>
${step.failure !== undefined && failurePanel(step.kind, 'That did not work', step.failure)}
${stepTimes(step, now)}
${exchangePanels(step.exchanges, step.kind)}</details>`;
}

function requestPanel(requestUrl: string): Html {
  const url = new URL(requestUrl);
  const parameters = [...url.searchParams].map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}<span class="hint">${parameterPurpose(name)}</span></dd>`,
  );
  return html`<section class="card" id="authorization-request"><h2>Authorization request</h2>
<p class="line"><span class="method">GET</span><code>${url.origin}${url.pathname}</code></p>
<dl class="wire" id="authorization-request-parameters">${parameters}</dl>
<details><summary>The URL itself</summary>${codeBlock('authorization-request-url', requestUrl)}</details></section>`;
}

const MODE_WORDS = {
  query: 'in the query of the redirect URI',
  form_post: 'as a form posted to the redirect URI',
  fragment: 'in the fragment of the redirect URI',
} as const;

/** The parameters of an authorization response, with how they came. */
export function responsePanel(response: ReceivedResponse): Html {
  const fields: readonly Field[] = response.fields;
  return html`<section class="card" id="authorization-response" data-mode="${response.mode}"><h2>Authorization response</h2>
<p class="hint">Received ${MODE_WORDS[response.mode]}</p>
${fieldList(fields, 'authorization-response-parameters')}</section>`;
}

function idTokenLine(tokens: Tokens): Html {
  return html`<p class="notice" id="id-token-signature">Signature verified with the ${tokens.idTokenKey ?? 'key of the server'} from the JWK set of the server. Issuer, audience and times fit too.</p>`;
}

function tokenPanels(tokens: Tokens, now: number): Html {
  const { idToken, accessToken, refreshToken } = tokens;
  const access = { id: 'access-token', title: 'Access token', opaque: 'Introspection says what it stands for.' };
  const refresh = {
    id: 'refresh-token',
    title: 'Refresh token',
    opaque: 'It buys new access tokens at the token endpoint.',
  };
  return html`<div class="split">
<div>${idToken !== undefined && tokenPanel({ id: 'id-token', title: 'ID token', token: idToken, now, verified: idTokenLine(tokens) })}</div>
<div>${tokenPanel({ ...access, token: accessToken, now })}
${refreshToken !== undefined && tokenPanel({ ...refresh, token: refreshToken, now })}</div>
</div>`;
}

function heading({ tokens, failure }: PlaygroundSession): Html {
  if (failure !== undefined) {
    const rest = tokens === undefined ? 'No tokens are kept here.' : 'The tokens below are from your earlier sign-in.';
    return html`<h1 id="result" data-outcome="failed">The sign-in did not work</h1><p class="lead">${rest}</p>${failurePanel('sign-in', 'Why', failure)}`;
  }
  return html`<h1 id="result" data-outcome="ok">You are signed in</h1><p class="lead">The server answered, the code was redeemed, and these are the tokens.</p>`;
}

/** The page after a callback or an action: tokens, what can be done with them, and everything that went over the wire. */
export function resultPage(content: ResultPageContent): string {
  const { session, now } = content;
  const { tokens, answered } = session;
  const steps = [...session.steps.values()];
  const done = steps.filter((step) => step.kind !== 'token').reverse();
  const token = session.steps.get('token');
  const body = html`${heading(session)}
${tokens !== undefined && summary(tokens, now)}
${actions(content, tokens)}
${done.map((step, index) => stepPanel(step, index === 0, now))}
${tokens !== undefined && tokenPanels(tokens, now)}
<h2 class="section">How it went</h2>
${answered !== undefined && html`<div class="split">${requestPanel(answered.requestUrl)}${responsePanel(answered.response)}</div>`}
${token !== undefined && stepPanel(token, true, now)}`;
  const title = session.failure === undefined ? 'Signed in' : 'The sign-in did not work';
  return layout({ title, body, sitePath: content.sitePath });
}
