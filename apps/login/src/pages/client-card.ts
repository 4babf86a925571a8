import { type Html, html, webUrl } from '../../../kit/src/html.ts';
import type { ClientInfo } from '../messages.ts';

/** The name of the client for people; its identifier when it registered none. */
export function clientName(client: ClientInfo | undefined): string {
  return client === undefined ? 'the application' : (client.name ?? client.clientId);
}

/** The name as markup, kept apart from the text direction of its surroundings. */
export function clientNameMarkup(client: ClientInfo | undefined): Html {
  return client === undefined ? html`the application` : html`<bdi class="client-name">${clientName(client)}</bdi>`;
}

/**
 * The origin of the logo as a CSP source, or `undefined` when there is no usable logo. The URL standard lets `;` and `,`
 * stand in a host name, which would end the directive, so the origin must be of plain host characters.
 */
export function logoOrigin(client: ClientInfo | undefined): string | undefined {
  const logo = webUrl(client?.logoUri);
  if (logo === undefined) return undefined;
  const { origin } = new URL(logo);
  return /^https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d+)?$/.test(origin) ? origin : undefined;
}

/** The logo. Its `alt` is empty: the name stands beside it, and the text of a picture that fails would only repeat it, cut off. */
export function clientLogo(client: ClientInfo | undefined): Html {
  const logo = logoOrigin(client) === undefined ? undefined : webUrl(client?.logoUri);
  if (logo === undefined) return html``;
  return html`<img id="client-logo" class="logo" src="${logo}" alt="" referrerpolicy="no-referrer">`;
}

function link(id: string, text: string, url: string | undefined): readonly Html[] {
  const href = webUrl(url);
  if (href === undefined) return [];
  return [
    html`<a id="${id}" href="${href}" target="_blank" rel="noopener noreferrer">${text}<span class="visually-hidden"> (opens in a new tab)</span></a>`,
  ];
}

/** Links to the client's home page, policy and terms, as far as registered. */
export function clientLinks(client: ClientInfo | undefined): Html {
  const links = [
    ...link('client-uri', 'About the application', client?.uri),
    ...link('client-policy', 'Privacy policy', client?.policyUri),
    ...link('client-tos', 'Terms of service', client?.tosUri),
  ];
  if (links.length === 0) return html``;
  return html`<p class="hint client-links" id="client-links">${clientNameMarkup(client)}: ${links.map((item, index) => (index === 0 ? item : html` · ${item}`))}</p>`;
}
