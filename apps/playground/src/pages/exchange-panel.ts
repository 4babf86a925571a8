import { type Html, html } from '../../../kit/src/html.ts';
import type { Exchange, Field } from '../exchange-recorder.ts';
import { prettyJson } from '../json.ts';
import { codeBlock } from './code-block.ts';

/** Fields as they stand on the wire, one under the other. */
export function fieldList(fields: readonly Field[], id?: string): Html {
  return html`<dl class="wire"${id !== undefined && html` id="${id}"`}>${fields.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function headerDetails(fields: readonly Field[], label: string): Html | undefined {
  return fields.length === 0
    ? undefined
    : html`<details><summary>${label} (${fields.length})</summary>${fieldList(fields)}</details>`;
}

function requestSide(exchange: Exchange, id: string): Html {
  return html`<div id="${id}-request"><h3>Request</h3>
<p class="line"><span class="method">${exchange.method}</span><code>${exchange.url}</code></p>
${exchange.form.length > 0 && fieldList(exchange.form)}
<h3>Headers</h3>${fieldList(exchange.requestHeaders)}</div>`;
}

function responseSide(exchange: Exchange, id: string): Html {
  const { response } = exchange;
  if (response === undefined) {
    return html`<div id="${id}-response"><h3>Response</h3><p class="line"><span class="status bad">none</span><span>${exchange.networkError ?? ''}</span></p></div>`;
  }
  const statusClass = response.status < 400 ? 'status' : 'status bad';
  return html`<div id="${id}-response"><h3>Response</h3>
<p class="line"><span class="${statusClass}" id="${id}-status">${response.status}</span><span>${response.statusText}</span></p>
${response.body === '' ? html`<p class="hint">Empty body</p>` : codeBlock(`${id}-body`, prettyJson(response.body))}
${response.cut && html`<p class="hint">The body is longer; the rest is not shown.</p>`}
${headerDetails(response.headers, 'Headers')}</div>`;
}

/** Requests and responses side by side. The first one has the ids `<id>-request`, `-response`, `-status`, `-body`, others `<id>-2-…`. */
export function exchangePanels(exchanges: readonly Exchange[], id: string): readonly Html[] {
  return exchanges.map((exchange, index) => {
    const own = index === 0 ? id : `${id}-${index + 1}`;
    return html`<div class="exchange">${requestSide(exchange, own)}${responseSide(exchange, own)}</div>`;
  });
}
