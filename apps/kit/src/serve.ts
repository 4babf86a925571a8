import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A request handler that answers every request and never rejects. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Where an app listens. */
export interface Place {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** The variables that say so, for the message when it cannot. */
  readonly variables: string;
}

/** Runs an app on its own until SIGINT or SIGTERM; `ready` gets the port. Exits with 1 and a sentence where it cannot listen. */
export function serve(handler: Handler, { host, port, variables }: Place, ready: (port: number) => void): void {
  // Idle connections are kept for longer than a proxy in front keeps them (60 s by default in nginx), or its next request meets a closed door.
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 },
    (request, response) => {
      void handler(request, response);
    },
  );
  server.on('error', (error) => fail(`Cannot listen on ${host}:${port}: ${error.message} (${variables})`));
  server.listen(port, host, () => {
    const address = server.address();
    ready(typeof address === 'object' && address !== null ? address.port : port);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
}

/** Runs a program whose failures are sentences for the operator: on standard error, with exit code 1. */
export async function runProgram(program: () => void | Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
