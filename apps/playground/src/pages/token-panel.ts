import { type Html, html } from '../../../kit/src/html.ts';
import type { JsonObject } from '../../../kit/src/json.ts';
import { humanTime } from '../human-time.ts';
import { decodeToken, timeClaims } from '../token-decoding.ts';
import { codeBlock } from './code-block.ts';

/** One token, taken apart. */
export interface TokenPanelContent {
  /** Prefix of the ids: `<id>-claims`, `-header`, `-times`, `-kind`, `-raw`. */
  readonly id: string;
  readonly title: string;
  readonly token: string;
  /** Unix seconds. */
  readonly now: number;
  /** A line about what was verified. */
  readonly verified?: Html;
  /** What an opaque token of this kind means to a reader. */
  readonly opaque?: string;
}

/** The time claims in human words, or nothing when there are none. `now` in Unix seconds. */
export function timesList(claims: JsonObject, id: string, now: number): Html | undefined {
  const times = timeClaims(claims);
  if (times.length === 0) return undefined;
  return html`<dl id="${id}">${times.map(({ name, label, time }) => html`<dt>${label} <code>${name}</code></dt><dd>${humanTime(time, now)}</dd>`)}</dl>`;
}

function contents({ id, token, now, opaque }: TokenPanelContent): Html {
  const decoded = decodeToken(token);
  if (decoded.kind === 'opaque') {
    return html`<p id="${id}-kind" data-kind="opaque">Opaque: only the server can read it. ${opaque}</p>`;
  }
  const header = html`<h3>Header</h3>${codeBlock(`${id}-header`, JSON.stringify(decoded.header, null, 2))}`;
  if (decoded.kind === 'encrypted') {
    return html`<p id="${id}-kind" data-kind="encrypted">An encrypted JWT (JWE): only the header can be read without the key.</p>${header}`;
  }
  return html`<p class="hint" id="${id}-kind" data-kind="jwt">A signed JWT, decoded</p>
${timesList(decoded.claims, `${id}-times`, now)}
<h3>Claims</h3>${codeBlock(`${id}-claims`, JSON.stringify(decoded.claims, null, 2))}${header}`;
}

/** A card with what is in a token. */
export function tokenPanel(content: TokenPanelContent): Html {
  const { id, title, token, verified } = content;
  return html`<section class="card" id="${id}"><h2>${title}</h2>
${verified}
${contents(content)}
<details><summary>The token itself</summary>${codeBlock(`${id}-raw`, token)}</details></section>`;
}
