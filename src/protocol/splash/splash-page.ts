import type { HttpReply } from '../../ports/endpoint.ts';

/** What the issuer URL shows. */
export interface SplashPageOptions {
  /** The value of `op.splashPage`. */
  readonly splashPage: string;
  /** The issuer URL, without trailing slash. */
  readonly issuer: string;
  /** Version of the product. */
  readonly version: string;
  /** In the order in which they are shown. */
  readonly endpoints: readonly SplashEndpoint[];
}

/** An endpoint or web API on the page. */
export interface SplashEndpoint {
  readonly name: string;
  readonly url: string;
  readonly enabled: boolean;
  /** A browser that goes there sees something: the page links it. */
  readonly toSee: boolean;
}

/** Values of `op.splashPage` that are not URLs. */
const variants = {
  page: 'urn:c2id:splash_page:default',
  blank: 'urn:c2id:splash_page:blank',
  metadata: 'urn:c2id:splash_page:op_metadata',
} as const;

const style =
  ':root{color-scheme:light dark}' +
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}' +
  'h1{font-size:1.5rem;margin:0}p{margin:.25rem 0 1.5rem}' +
  'dt{font-weight:600}dd{margin:0 0 .75rem}' +
  '.disabled{opacity:.65}';

/** Hash of the style sheet, by which the policy lets it through; `default-src 'self'` alone would drop it. */
const styleHash = 'sha256-5cvkASeK6mdD18Y9xyzdjCcLT7KqVYor1CKUelEOQQg=';

const common = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
} as const;

const pageHeaders = Object.freeze({
  ...common,
  'Content-Type': 'text/html;charset=UTF-8',
  'Content-Security-Policy': `default-src 'self'; style-src 'self' '${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'Cache-Control': 'no-cache',
});

/** Whether a value of `op.splashPage` can be shown: one of the URNs, or an http(s) URL. */
export function isSplashPage(value: string): boolean {
  return Object.values(variants).some((variant) => variant === value) || isHttpUrl(value);
}

/**
 * The reply at the issuer URL: a page with the endpoints, an empty page, or a redirect to the discovery document or to a
 * URL of the operator. It is the same for all requests, hence made once. Throws an `Error` for another `splashPage`.
 */
export function splashPageReply(options: SplashPageOptions): HttpReply {
  const { splashPage, issuer } = options;
  if (splashPage === variants.page) return { status: 200, headers: pageHeaders, body: pageHtml(options) };
  if (splashPage === variants.blank) return { status: 200, headers: common, body: '' };
  if (splashPage === variants.metadata) return redirect(`${issuer}/.well-known/openid-configuration`);
  if (isHttpUrl(splashPage)) return redirect(new URL(splashPage).href);
  throw new Error(`op.splashPage: expected ${Object.values(variants).join(', ')} or an http(s) URL`);
}

function redirect(location: string): HttpReply {
  return { status: 301, headers: { ...common, Location: location }, body: '' };
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function pageHtml({ issuer, version, endpoints }: SplashPageOptions): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Tessera</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Tessera</h1>
<p>OpenID Connect provider and OAuth 2.0 authorization server, version ${escapeHtml(version)}</p>
<dl>
<dt>Issuer</dt>
<dd id="issuer">${escapeHtml(issuer)}</dd>
${endpoints.map(endpointHtml).join('\n')}
</dl>
</main>
</body>
</html>
`;
}

/** An address: as a link where a browser sees something there, else as text. */
function endpointHtml({ name, url, enabled, toSee }: SplashEndpoint): string {
  const term = `<dt>${escapeHtml(name)}</dt>`;
  if (!enabled) return `${term}\n<dd class="disabled">disabled</dd>`;
  const address = escapeHtml(url);
  return `${term}\n<dd>${toSee ? `<a href="${address}">${address}</a>` : address}</dd>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}
