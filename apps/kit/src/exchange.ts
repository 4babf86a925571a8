import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Page } from './page.ts';

/** A request that an app answers with a page of its own instead of going on. `code` is stable, `message` for the user. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

const BODY_TIME = 15_000;

/**
 * Reads a form body of at most `limit` bytes as text. Throws {@link Refusal}: 415 for another content type, 413 for a larger
 * one, 408 when it takes more than 15 seconds.
 */
export async function readForm(request: IncomingMessage, limit: number): Promise<string> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    throw new Refusal(415, 'unsupported_media_type', 'A form must be sent as application/x-www-form-urlencoded.');
  }
  const tooLarge = () => new Refusal(413, 'request_too_large', 'The request is too large.', { connection: 'close' });
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => {
    reject(new Refusal(408, 'request_timeout', 'The request took too long to arrive.', { connection: 'close' }));
  }, BODY_TIME);
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) {
      request.pause();
      reject(tooLarge());
    } else chunks.push(chunk);
  });
  request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  request.on('error', reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Addresses of pages carry codes and requests: they must not travel to other sites.
  'referrer-policy': 'no-referrer',
};

/** What goes back to the browser. */
export interface Reply {
  readonly page?: Page;
  /** Where to go instead; status 303. */
  readonly location?: string;
  /** Values of `Set-Cookie`. */
  readonly cookies: readonly string[];
}

/** Sends a reply, with the security headers on every one: strict policy, no framing, no sniffing, no storing. */
export function sendReply(response: ServerResponse, reply: Reply): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  if (reply.cookies.length > 0) response.setHeader('set-cookie', reply.cookies);
  if (reply.location !== undefined) {
    response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    response.writeHead(303, { location: reply.location, 'content-length': '0' }).end();
    return;
  }
  if (reply.page === undefined) throw new Error('A reply needs a page or a location');
  const { status, text, policy, headers } = reply.page;
  const body = Buffer.from(text, 'utf8');
  response.setHeader('content-security-policy', policy);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'content-length': String(body.length) });
  response.end(body);
}
