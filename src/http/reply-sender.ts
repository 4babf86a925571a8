import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { events } from '../events/catalogue.ts';
import type { HttpReply } from '../ports/endpoint.ts';
import type { Events } from '../ports/events.ts';
import type { Cors } from './cors.ts';

/** Writes a reply, in one go. */
export type ReplySender = (request: IncomingMessage, response: ServerResponse, reply: HttpReply) => void;

/** The header list that node:http takes without copying; most replies share a constant header object. */
const flattened = new WeakMap<HttpReply['headers'], readonly string[]>();

function flat(headers: HttpReply['headers']): string[] {
  let list = flattened.get(headers);
  if (list === undefined) {
    list = Object.entries(headers).flat();
    flattened.set(headers, list);
  }
  return [...list];
}

/** What a sender works with. */
export interface SenderDeps {
  readonly cors: Cors;
  readonly told: Events;
  /** Called with each response while its connection headers are still open. */
  readonly beforehand: (response: ServerResponse) => void;
  /** Called with each response once it has been written. */
  readonly afterwards: (request: IncomingMessage, response: ServerResponse) => void;
}

/** A sender that tells of responses by the family of their status, and adds what CORS asks for. */
export function createReplySender({ cors, told, beforehand, afterwards }: SenderDeps): ReplySender {
  const { success, redirect, clientError, serverError } = events.http;
  return (request, response, reply) => {
    const { status, body } = reply;
    beforehand(response);
    told.emit(status < 300 ? success : status < 400 ? redirect : status < 500 ? clientError : serverError);
    const { origin } = request.headers;
    const wanted = request.headers['access-control-request-headers'];
    const headers = flat(origin === undefined ? reply.headers : cors.decorated(origin, reply.headers, wanted));
    if (typeof body !== 'string' && !Buffer.isBuffer(body)) {
      response.writeHead(status, headers);
      return void sendPieces(request, response, body, told);
    }
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    response.writeHead(
      status,
      status === 304 || status === 204 ? headers : [...headers, 'Content-Length', `${length}`],
    );
    if (request.method === 'HEAD' || length === 0) response.end();
    // Text that is all ASCII goes out the cheaper way.
    else if (typeof body === 'string') response.end(body, length === body.length ? 'latin1' : 'utf8');
    else response.end(body);
    afterwards(request, response);
  };
}

/**
 * Sends a body piece by piece, each when the one before has gone. Never rejects: a body that fails on the way is broken off, so that nobody
 * takes it for the whole; and where the caller has gone, nothing more is read.
 */
async function sendPieces(
  request: IncomingMessage,
  response: ServerResponse,
  pieces: AsyncIterable<string>,
  told: Events,
): Promise<void> {
  try {
    await pipeline(request.method === 'HEAD' ? [] : pieces, response);
  } catch (error) {
    if (isGone(error)) return;
    told.emit(events.http.replyBroken, { method: request.method, route: undefined }, error);
  }
}

/** The error of a connection that its caller has closed. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
