import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Html } from './html.ts';
import { toText } from './html.ts';

/** What a route answers. */
export type Reply =
  | { readonly kind: 'page'; readonly status: number; readonly page: Html; readonly script?: string }
  | { readonly kind: 'redirect'; readonly location: string };

/** A request that cannot be served; becomes an error page. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  /** `code`: stable, for tests and log readers. `message`: for the user. */
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
  }
}

const BODY_LIMIT = 65_536;

/** Reads an `application/x-www-form-urlencoded` body of at most 64 KiB. Throws a {@link Refusal}: 415 or 413. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    throw new Refusal(415, 'unsupported_media_type', 'Forms are sent as application/x-www-form-urlencoded.');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Refusal(413, 'too_large', 'The form is larger than 64 KiB.');
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

/** The value of a cookie; the first of several with one name. */
export function readCookie(request: IncomingMessage, name: string): string | undefined {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

/** A CSP source expression for an inline script or style with exactly this text. */
export function cspHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
}

/** What every answer of this program carries beside its own content. */
export interface ReplyContext {
  readonly styles: string;
  /** Origins that a form may be redirected to: browsers hold redirects after a form against `form-action` too. */
  readonly formTargets: readonly string[];
  readonly cookie?: string;
}

/** Sends the reply with the security headers of this program: strict CSP, no framing, no sniffing, no storing. */
export function sendReply(response: ServerResponse, reply: Reply, context: ReplyContext): void {
  const script = reply.kind === 'page' ? reply.script : undefined;
  const policy = [
    `default-src 'none'`,
    `style-src ${cspHash(context.styles)}`,
    `script-src ${script === undefined ? `'none'` : cspHash(script)}`,
    'img-src data:',
    `form-action ${["'self'", ...context.formTargets].join(' ')}`,
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ');
  response.setHeader('content-security-policy', policy);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-frame-options', 'DENY');
  response.setHeader('cache-control', 'no-store');
  // The callback address carries a code: it must not travel to other sites.
  response.setHeader('referrer-policy', 'no-referrer');
  if (context.cookie !== undefined) response.setHeader('set-cookie', context.cookie);
  if (reply.kind === 'redirect') {
    response.writeHead(303, { location: reply.location }).end();
    return;
  }
  const body = Buffer.from(toText(reply.page), 'utf8');
  response.writeHead(reply.status, { 'content-type': 'text/html; charset=utf-8', 'content-length': body.length });
  response.end(body);
}
