import { html } from '../../../kit/src/html.ts';
import type { Field } from '../exchange-recorder.ts';
import { fieldList } from './exchange-panel.ts';
import { layout } from './layout.ts';

/** What an error page shows. */
export interface ErrorPageContent {
  readonly sitePath: string;
  /** Stable code, for tests and readers of logs. */
  readonly code: string;
  readonly title: string;
  readonly message: string;
  /** What was received, when it helps to see it. */
  readonly received?: readonly Field[];
}

/** A request that was refused, in plain words, with the way back. */
export function errorPage(content: ErrorPageContent): string {
  const { received = [] } = content;
  const body = html`<h1>${content.title}</h1>
<div class="notice bad" role="alert" id="error"><p>${content.message}</p><p><code class="code" id="error-code">${content.code}</code></p></div>
${received.length > 0 && html`<section class="card"><h2>What was received</h2>${fieldList(received, 'received-parameters')}</section>`}
<p><a class="button" id="back-to-start" href="${content.sitePath || '/'}">Back to the start</a></p>`;
  return layout({ title: content.title, body, sitePath: content.sitePath });
}
