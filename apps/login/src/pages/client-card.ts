import { type Html, html, webUrl } from '../../../kit/src/html.ts';
import type { ClientInfo } from '../messages.ts';

/** The name of the client for people, kept apart from the text direction of its surroundings; fit for the middle of a sentence. */
export function clientNameMarkup(client: ClientInfo | undefined): Html {
  if (client === undefined) return html`the application`;
  if (client.name === undefined) return html`an application without a name`;
  return html`<bdi class="client-name">${client.name}</bdi>`;
}

/** What there is instead of a name: the identifier, said to be one. Nothing where the client has a name. */
export function namelessNote(client: ClientInfo | undefined): Html {
  if (client === undefined || client.name !== undefined) return html``;
  return html`<p class="hint" id="client-nameless">It has not said what it is called. Its identifier here is <bdi><code id="client-id">${client.clientId}</code></bdi>.</p>`;
}

/** Where the browser goes from here, as people can judge it: the host, or the scheme of an app. `undefined` where there is none. */
export function redirectPlace(redirectUri: string | undefined): string | undefined {
  if (redirectUri === undefined || !URL.canParse(redirectUri)) return undefined;
  const { protocol, host } = new URL(redirectUri);
  return protocol === 'https:' || protocol === 'http:' ? host : protocol;
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
  return html`<p class="hint client-links" id="client-links">${client?.name === undefined ? 'The application' : clientNameMarkup(client)}: ${links.map((item, index) => (index === 0 ? item : html` · ${item}`))}</p>`;
}
