import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A server on a free port of the loopback interface. */
export interface Listening {
  readonly origin: string;
  /** Sets what answers; until then 503. */
  use(handler: (request: IncomingMessage, response: ServerResponse) => unknown): void;
  close(): Promise<void>;
}

/**
 * Starts a server on a free port, so that the address is known before its handler is made. `hostname`: how it is called;
 * to a browser `localhost` and `127.0.0.1` are two sites.
 */
export async function listen(hostname: 'localhost' | '127.0.0.1' = 'localhost'): Promise<Listening> {
  let current = (_: IncomingMessage, response: ServerResponse): unknown => response.writeHead(503).end();
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => void current(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no address');
  return {
    origin: `http://${hostname}:${address.port}`,
    use(handler) {
      current = handler;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
