import type { IncomingMessage } from 'node:http';
import { type Reply as KitReply, readForm as readText } from '../../kit/src/exchange.ts';
import { policyOf } from '../../kit/src/page.ts';
import { STYLES } from './pages/styles.ts';

/** What a route answers. */
export type Reply =
  | { readonly kind: 'page'; readonly status: number; readonly page: string; readonly script?: string }
  | { readonly kind: 'redirect'; readonly location: string };

const FORM_LIMIT = 65_536;

/** Reads a form of at most 64 KiB. Throws a `Refusal` for another content type, a large or a slow one. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams(await readText(request, FORM_LIMIT));
}

/** The reply as it is sent; `formTargets` are the origins that a form may be redirected to, beside this one. */
export function replyWith(reply: Reply, formTargets: readonly string[], cookies: readonly string[]): KitReply {
  if (reply.kind === 'redirect') return { location: reply.location, cookies };
  const { status, page: text, script } = reply;
  const policy = policyOf({ styles: STYLES, script, formTargets: ["'self'", ...formTargets] });
  return { page: { status, text, policy, headers: {} }, cookies };
}
