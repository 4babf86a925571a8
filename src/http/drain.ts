import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/** The end of a server, in an order in which no request that was received stays without answer. */
export interface Drain {
  /** To be called before a response is written: once the server closes, its connection ends behind it. */
  mark(response: ServerResponse): void;
  /**
   * Closes the server: no new connections from now on; what is running is finished. Resolves when the last connection has
   * ended, which takes at most `closingTime`.
   */
  close(): Promise<void>;
}

/**
 * Milliseconds for which connections without a request stay open after the server has begun to close: a proxy may have sent
 * one on them that is still on the way, or believe for another moment that it can. It is answered.
 */
const graceTime = 100;
/** Milliseconds that running requests get when the server closes. */
const closingTime = 10_000;

/**
 * Prepares the end of a server. New connections are refused at once, without any grace for them: whoever is refused has sent
 * nothing and may safely go to another process, whereas a connection that is taken, but not served any more, is reset.
 */
export function prepareDrain(server: Server): Drain {
  const sockets = new Set<Socket>();
  let closing = false;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  const endIdle = () => {
    server.closeIdleConnections();
    // Node counts a connection as busy that has never sent anything, such as those that browsers open beforehand.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  };
  return {
    mark(response) {
      if (closing) response.shouldKeepAlive = false;
    },
    close() {
      closing = true;
      return new Promise((resolve) => {
        // Each turn follows the reading of what has arrived, so that no request waits unread on a connection that is ended.
        const turns = setInterval(() => setImmediate(endIdle), graceTime);
        const limit = setTimeout(() => server.closeAllConnections(), closingTime);
        // The method of HTTP servers would end idle connections without grace.
        NetServer.prototype.close.call(server, () => {
          clearInterval(turns);
          clearTimeout(limit);
          resolve();
        });
      });
    },
  };
}
