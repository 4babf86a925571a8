import { allEvents, events } from '../events/catalogue.ts';
import type { EventEntry, EventFields } from '../events/event.ts';
import { type Events, noFields, type Subscriber } from '../ports/events.ts';
import { type Log, silentLog } from '../ports/log.ts';
import { type Meter, type MetricsRegistry, noMetrics } from '../ports/metrics.ts';
import { collecting } from './collected-lines.ts';

/** Who listens to the events of a process. */
export interface Audience {
  /** Where they are logged; nowhere by default. */
  readonly log?: Log;
  /** Where they are counted; nowhere by default. */
  readonly metrics?: Pick<MetricsRegistry, 'meter'>;
  /** Further subscribers, told in this order after log and metrics. What one of them throws is logged, and harms nobody else. */
  readonly listeners?: readonly Subscriber[];
}

/**
 * The events of a process with all who listen, fixed from the start. The meters of the catalogue exist from now on. To tell of an
 * event costs a look-up of its meter, and where it is logged, the line.
 */
export function createEvents({ log = silentLog, metrics = noMetrics, listeners = [] }: Audience): Events {
  const meters = new Map<EventEntry, Meter>();
  const meterOf = (event: EventEntry, name: string): Meter => {
    const meter = metrics.meter(name);
    meters.set(event, meter);
    return meter;
  };
  const declare: Events['declare'] = (entries) => {
    for (const entry of entries) if (entry.meter !== undefined) meterOf(entry, entry.meter);
  };
  declare(allEvents);
  const writeLine = collecting(logSubscriber(log));

  const publish: Subscriber = (event, fields, error, requestId) => {
    if (event.meter !== undefined) (meters.get(event) ?? meterOf(event, event.meter)).mark();
    if (event.level !== undefined) writeLine(event, fields, error, requestId);
    for (const listener of listeners) {
      try {
        listener(event, fields, error, requestId);
      } catch (failure) {
        writeLine(events.process.listenerFailed, noFields, failure, requestId);
      }
    }
  };
  return {
    publish,
    emit: (event: EventEntry, fields: EventFields = noFields, error?: unknown) =>
      publish(event, fields, error, undefined),
    declare,
  };
}

/** Writes events as lines of the log, with the `requestId` before their own fields. */
function logSubscriber(log: Log): Subscriber {
  return (event, fields, error, requestId) => {
    const { id = '', level, message } = event;
    const target = requestId === undefined ? log : log.child({ requestId });
    const text = message === undefined ? event.text : String(fields[message]);
    const shown = message === undefined ? fields : { ...fields, [message]: undefined };
    switch (level) {
      case 'debug':
        return target.debug(id, text, shown);
      case 'info':
        return target.info(id, text, shown);
      case 'warn':
        return target.warn(id, text, shown);
      case 'error':
        return target.error(id, text, shown, error);
    }
  };
}
