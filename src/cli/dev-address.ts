import { createServer, isIPv6 } from 'node:net';
import { messageOf } from '../domain/error-message.ts';
import { CommandFailed } from './command.ts';

/** The base URL by which this machine reaches what listens at `host`, an address, a name, or one for all addresses. */
export function localUrl(host: string, port: number): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** A TCP port that nobody listens at, at this moment. Rejects with `CommandFailed` when the address is none of ours. */
export function freePortAt(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) =>
      reject(new CommandFailed(`http.host=${host} has no free port: ${messageOf(error)}`)),
    );
    server.listen(0, host, () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
