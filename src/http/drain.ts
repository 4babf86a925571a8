import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/** The end of a server, in an order in which no request that was received stays without answer. */
export interface Drain {
  /** To be called before a response is written: once the server closes, its connection ends behind it. */
  mark(response: ServerResponse): void;
  /**
   * Closes the server: new connections are refused, what is running is finished. Resolves when the last connection has ended,
   * which takes at most `closingTime` and a moment.
   */
  close(): Promise<void>;
}

/**
 * Milliseconds for which connections without a request stay open after the server has begun to close: a proxy may have sent
 * one on them that is still on the way, or believe for another moment that it can. It is answered.
 */
const graceTime = 100;
/** Milliseconds that running requests get when the server closes. */
export const closingTime = 10_000;

/**
 * Prepares the end of a server. It does not go on to accept connections for the sake of proxies that have not heard of the
 * end: whoever is refused has sent nothing, and may safely go to another process.
 */
export function prepareDrain(server: Server): Drain {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let closing = false;
  server.on('connection', (socket: Socket) => {
    accepted++;
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
    async close() {
      await acceptQueued(() => accepted);
      closing = true;
      await new Promise<void>((resolve) => {
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

/**
 * Waits for a turn of the event loop in which no connection is accepted: each takes one from the queue of the kernel, and those
 * left there would be reset together with the requests that came on them. Where they never cease, not for longer than the grace.
 */
async function acceptQueued(accepted: () => number): Promise<void> {
  const deadline = performance.now() + graceTime;
  let before: number;
  // The turn in which the end is asked for may have looked at the queue already, or not yet.
  await nextTurn();
  do {
    before = accepted();
    await nextTurn();
  } while (accepted() > before && performance.now() < deadline);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
