import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { events } from '../events/catalogue.ts';
import type { Events } from '../ports/events.ts';
import type { HttpSettings } from './properties.ts';

/**
 * Answers that their readers do not take. Node keeps what the kernel does not take off its hands, without end of time or size, and
 * a peer that sends and never reads would have the server hold all of it.
 */
export interface UnreadAnswers {
  /** To be called when an answer has been written. It costs nothing where the kernel has taken it, as it nearly always does. */
  note(request: IncomingMessage, response: ServerResponse): void;
  /** Cuts the connections whose oldest answer has waited for `http.writeTimeout`. To be called now and then. */
  cutLate(): void;
}

/** An answer on its way, of which the kernel has not taken everything. */
interface Unread {
  readonly socket: Socket;
  /** What it holds, in bytes. */
  readonly size: number;
  /** In milliseconds of the monotonic clock. */
  readonly since: number;
}

/** What an answer takes beside its header and body: the objects of Node around it, in bytes. */
const overhead = 2048;

type Limits = Pick<HttpSettings, 'writeTimeout' | 'maxUnread' | 'maxUnreadPerConnection'>;

/**
 * Holds unread answers to limits of time and size. One answer of any size is let through: a connection is cut when another one comes
 * while more than `http.maxUnreadPerConnection` wait on it, and when all together are more than `http.maxUnread`, the one that has
 * kept an answer waiting for longest.
 */
export function createUnreadAnswers(limits: Limits, told: Events): UnreadAnswers {
  const { writeTimeout, maxUnread, maxUnreadPerConnection } = limits;
  // In the order of their coming, which is that of their ends: they all may wait for the same time.
  const waiting = new Set<Unread>();
  const bySocket = new Map<Socket, { readonly answers: Set<Unread>; size: number }>();
  let total = 0;

  const forget = (unread: Unread): void => {
    if (!waiting.delete(unread)) return;
    total -= unread.size;
    const held = bySocket.get(unread.socket);
    if (held === undefined) return;
    held.answers.delete(unread);
    held.size -= unread.size;
  };
  const heldBy = (socket: Socket) => {
    let held = bySocket.get(socket);
    if (held === undefined) {
      held = { answers: new Set(), size: 0 };
      bySocket.set(socket, held);
      // Node does not tell each of several answers that the connection has closed.
      socket.once('close', () => {
        for (const unread of bySocket.get(socket)?.answers ?? []) forget(unread);
        bySocket.delete(socket);
      });
    }
    return held;
  };
  const cut = (socket: Socket, property: string): void => {
    const held = bySocket.get(socket);
    const answers = [...(held?.answers ?? [])];
    told.emit(events.http.readerCut, { property, answers: answers.length, unread_bytes: held?.size ?? 0 });
    for (const unread of answers) forget(unread);
    socket.destroy();
  };

  return {
    note({ socket }, response) {
      if (response.writableLength === 0 || socket.destroyed) return;
      const held = heldBy(socket);
      if (held.size > maxUnreadPerConnection) return cut(socket, 'http.maxUnreadPerConnection');
      const unread = { socket, size: response.writableLength + overhead, since: performance.now() };
      waiting.add(unread);
      held.answers.add(unread);
      held.size += unread.size;
      total += unread.size;
      response.once('finish', () => forget(unread));
      for (const oldest of waiting) {
        // A single one may be larger than all limits, such as a list of all clients.
        if (total <= maxUnread || waiting.size === 1) break;
        cut(oldest.socket, 'http.maxUnread');
      }
    },
    cutLate() {
      const latest = performance.now() - writeTimeout;
      for (const { socket, since } of waiting) {
        if (since > latest) break;
        cut(socket, 'http.writeTimeout');
      }
    },
  };
}
