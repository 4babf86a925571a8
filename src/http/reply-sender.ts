import type { IncomingMessage, ServerResponse } from 'node:http';
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
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    const wanted = request.headers['access-control-request-headers'];
    const headers = flat(origin === undefined ? reply.headers : cors.decorated(origin, reply.headers, wanted));
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
