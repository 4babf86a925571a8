import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpReply } from '../ports/endpoint.ts';
import type { Meter, Metrics } from '../ports/metrics.ts';
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

/**
 * A sender that counts responses by the family of their status, and adds what CORS asks for. `beforehand` is called with each
 * response while its connection headers are still open.
 */
export function createReplySender(
  cors: Cors,
  metrics: Metrics,
  beforehand: (response: ServerResponse) => void,
): ReplySender {
  const meter = (family: string) => metrics.meter(`http.responses.${family}`);
  const meters: Readonly<Record<number, Meter>> = {
    2: meter('2xx'),
    3: meter('3xx'),
    4: meter('4xx'),
    5: meter('5xx'),
  };
  return (request, response, reply) => {
    const { status, body } = reply;
    beforehand(response);
    meters[Math.floor(status / 100)]?.mark();
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
  };
}
