import type { IncomingMessage } from 'node:http';

/** What came of reading a body. */
export type BodyOutcome = Buffer | 'too-large';

const nothing = Buffer.alloc(0);

/** True when the request announces a body (RFC 9112, section 6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/**
 * Reads a body of at most `limit` bytes and calls back once; never, when the connection breaks off before its end. By events
 * rather than by an async iterator, which costs more than a small body is worth.
 */
export function readBody(request: IncomingMessage, limit: number, done: (outcome: BodyOutcome) => void): void {
  if (Number(request.headers['content-length'] ?? 0) > limit) return done('too-large');
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    if (size > limit) return;
    size += chunk.length;
    if (size > limit) return done('too-large');
    if (first === undefined) first = chunk;
    else if (rest === undefined) rest = [first, chunk];
    else rest.push(chunk);
  });
  request.on('end', () => {
    if (size <= limit) done(rest === undefined ? (first ?? nothing) : Buffer.concat(rest, size));
  });
}
