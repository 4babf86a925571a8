import type { Server } from 'node:http';
import { events } from '../events/catalogue.ts';
import type { Events } from '../ports/events.ts';
import type { HttpSettings } from './properties.ts';
import { createUnreadAnswers, type UnreadAnswers } from './unread-answers.ts';

/** What others may take of the server by being connected to it: it is bounded in number, time and memory. */
export interface Connections extends Pick<UnreadAnswers, 'note'> {
  /** Ends the watch. */
  close(): void;
}

/**
 * Holds the connections of a server to `http.maxConnections`, `http.writeTimeout`, `http.maxUnread` and
 * `http.maxUnreadPerConnection`. Those that are refused are told of together, at most once in a second: whoever opens them must not fill
 * the log.
 */
export function guardConnections(server: Server, settings: HttpSettings, told: Events): Connections {
  const unread = createUnreadAnswers(settings, told);
  let refused = 0;
  server.maxConnections = settings.maxConnections;
  server.on('drop', () => {
    refused++;
  });
  const watch = () => {
    unread.cutLate();
    if (refused === 0) return;
    told.emit(events.http.connectionsRefused, { count: refused, limit: settings.maxConnections });
    refused = 0;
  };
  const timer = setInterval(watch, Math.min(settings.writeTimeout / 4, 1000));
  // Nothing that runs waits for it.
  timer.unref();
  return {
    note: unread.note,
    close() {
      clearInterval(timer);
      watch();
    },
  };
}
