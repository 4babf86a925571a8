import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Page } from './pages/layout.ts';

/** A request that this program answers with a page of its own instead of going on. `code` is stable. */
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

const BODY_LIMIT = 131_072;
const BODY_TIME = 15_000;

/**
 * Reads a form body as text. Throws {@link Refusal}: 415 for another content type, 413 above 128 KiB, 408 when it takes
 * more than 15 seconds.
 */
export async function readForm(request: IncomingMessage): Promise<string> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    throw new Refusal(415, 'unsupported_media_type', 'A form must be sent as application/x-www-form-urlencoded.');
  }
  const tooLarge = () => new Refusal(413, 'request_too_large', 'The request is too large.', { connection: 'close' });
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) throw tooLarge();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => {
    reject(new Refusal(408, 'request_timeout', 'The request took too long to arrive.', { connection: 'close' }));
  }, BODY_TIME);
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > BODY_LIMIT) {
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

/** The value of a field that occurs exactly once, else `undefined`. */
export function single(form: URLSearchParams, name: string): string | undefined {
  const values = form.getAll(name);
  return values.length === 1 ? values[0] : undefined;
}

/** The address of the browser; with `trustProxy` what the nearest proxy appended to `X-Forwarded-For`. */
export function clientAddress(request: IncomingMessage, trustProxy: boolean): string {
  const forwarded = request.headers['x-forwarded-for'];
  const last = trustProxy && typeof forwarded === 'string' ? forwarded.split(',').at(-1)?.trim() : undefined;
  return last || request.socket.remoteAddress || 'unknown';
}

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
};

/** What goes back to the browser. */
export interface Reply {
  readonly page?: Page;
  /** Where to go instead; status 303. */
  readonly location?: string;
  readonly cookies: readonly string[];
}

/** Sends a reply, with the security headers on every one. */
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
