import type { EventEntry } from '../events/event.ts';
import type { Subscriber } from '../ports/events.ts';

/** Milliseconds for which what follows a line of the same cause is counted instead of written. */
const WINDOW = 10_000;
/** Causes that are kept apart; all beyond share one. */
const CAUSES = 100;

interface Cause {
  more: number;
}

/**
 * Passes events on to `write`; of those that are collected, the first of a cause in full, and then, every ten seconds until none
 * comes any more, one line that says how many `more` there were. An outage would else fill the disk with what everybody knows.
 */
export function collecting(write: Subscriber): Subscriber {
  const causes = new Map<string, Cause>();

  function count(name: string, by: string, event: EventEntry, value: string): void {
    setTimeout(() => {
      const more = causes.get(name)?.more ?? 0;
      causes.delete(name);
      if (more === 0) return;
      write(event, { [by]: value, more, seconds: WINDOW / 1000 }, undefined, undefined);
      causes.set(name, { more: 0 });
      count(name, by, event, value);
    }, WINDOW).unref();
  }

  return (event, fields, error, requestId) => {
    const by = event.collectedBy;
    if (by === undefined) return write(event, fields, error, requestId);
    const value = String(fields[by]);
    const own = `${event.id} ${value}`;
    const name = causes.has(own) || causes.size < CAUSES ? own : `${event.id}`;
    const known = causes.get(name);
    if (known) {
      known.more++;
      return;
    }
    causes.set(name, { more: 0 });
    count(name, by, event, value);
    write(event, fields, error, requestId);
  };
}
