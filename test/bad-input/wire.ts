import { connect } from 'node:net';
import type { TestServer } from '../../src/testing/test-server.ts';

/** One HTTP response as it came over the wire. */
export interface WireResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What a connection brought back. */
export interface Conversation {
  readonly responses: readonly WireResponse[];
  /** The server has closed the connection. */
  readonly closed: boolean;
  /** The bytes as they came. */
  readonly raw: string;
}

/** How long to wait, in milliseconds of real time: the wire has no other clock. */
const patience = 3000;

/**
 * Sends bytes on a connection of their own, in the given pieces, and collects responses until there are `expected` of them
 * or the server closes.
 */
export function converse(
  server: TestServer,
  pieces: string | Buffer | readonly (string | Buffer)[],
  options: { readonly expected?: number; readonly head?: boolean; readonly end?: boolean; readonly wait?: number } = {},
): Promise<Conversation> {
  const list = typeof pieces === 'string' || Buffer.isBuffer(pieces) ? [pieces] : pieces;
  const expected = options.expected ?? 1;
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(server.issuer).port), '127.0.0.1');
    let raw = '';
    let settled = false;
    const settle = (closed: boolean) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      socket.destroy();
      resolve({ responses: parseResponses(raw, options.head), closed, raw });
    };
    const timer = setTimeout(() => settle(false), options.wait ?? patience);
    socket.on('data', (chunk: Buffer) => {
      raw += chunk.toString('latin1');
      if (expected > 0 && parseResponses(raw, options.head).length >= expected) settle(false);
    });
    socket.on('close', () => settle(true));
    socket.on('error', () => settle(true));
    for (const piece of list) socket.write(piece);
    if (options.end) socket.end();
  });
}

/** Takes complete responses apart; what is incomplete at the end is left out. */
function parseResponses(raw: string, head = false): WireResponse[] {
  const responses: WireResponse[] = [];
  let rest = raw;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return responses;
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n');
    const status = Number(statusLine.split(' ')[1]);
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    rest = rest.slice(end + 4);
    if (status === 100) continue;
    const bodiless = head || status === 204 || status === 304;
    const body = bodiless ? { text: '', rest } : takeBody(rest, headers);
    if (!body) return responses;
    responses.push({ status, headers, body: body.text });
    rest = body.rest;
  }
}

function takeBody(rest: string, headers: ReadonlyMap<string, string>) {
  if (headers.get('transfer-encoding') === 'chunked') {
    const end = rest.indexOf('0\r\n\r\n');
    return end < 0 ? undefined : { text: rest.slice(0, end), rest: rest.slice(end + 5) };
  }
  const length = Number(headers.get('content-length') ?? 0);
  return rest.length < length ? undefined : { text: rest.slice(0, length), rest: rest.slice(length) };
}

/** A request in the form of HTTP/1.1, with a `Content-Length` for its body. */
export function httpRequest(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): string {
  const all = {
    Host: 'localhost',
    ...headers,
    ...(body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
