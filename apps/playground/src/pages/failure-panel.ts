import { type Html, html } from '../../../kit/src/html.ts';
import type { Failure } from '../failure.ts';

const SOURCES = {
  server: 'The server refused',
  client: 'This client refused',
  network: 'The network failed',
} as const;

/** An error in plain words. Ids: `<prefix>-failure`, `-failure-code`, `-failure-description`, `-failure-meaning`. */
export function failurePanel(prefix: string, title: string, failure: Failure): Html {
  return html`<div class="notice bad" role="alert" id="${prefix}-failure" data-source="${failure.source}">
<h2>${title}</h2>
<p>${SOURCES[failure.source]}: <code class="code" id="${prefix}-failure-code">${failure.code}</code></p>
${failure.description !== undefined && html`<p id="${prefix}-failure-description">${failure.description}</p>`}
<p id="${prefix}-failure-meaning">${failure.meaning}</p>
</div>`;
}
