import type { IncomingMessage } from 'node:http';
import { Refusal } from '../../kit/src/exchange.ts';

/** Throws {@link Refusal} (405) for any other method. */
export function requireMethod(request: IncomingMessage, ...methods: readonly string[]): void {
  if (methods.includes(request.method ?? '')) return;
  throw new Refusal(405, 'method_not_allowed', `This address takes ${methods.join(' and ')} requests only.`, {
    allow: methods.join(', '),
  });
}

/** Modern browsers say where a request comes from; a form of this page is only ever sent by this page. Throws {@link Refusal} (403). */
export function requireOwnForm(request: IncomingMessage): void {
  const site = request.headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  throw new Refusal(403, 'form_refused', 'The form was sent by another site.');
}

/**
 * An authorization request takes the browser here. One that another site has a browser make as a picture or a script, unseen and by the
 * hundred, would only fill the limit of open requests of somebody's address. Throws {@link Refusal} (403).
 */
export function requireNavigation(request: IncomingMessage): void {
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  if ((site !== 'cross-site' && site !== 'same-site') || mode === undefined || mode === 'navigate') return;
  throw new Refusal(403, 'not_a_navigation', 'This address is for going to, not for loading into another page.');
}
