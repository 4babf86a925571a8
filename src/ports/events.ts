import type { EventEntry, EventFields, FieldsOf, FieldTypes, NoFields } from '../events/event.ts';

/**
 * Somebody who is told of events, in the course of what causes them: it must not wait, and keeps nothing up. `requestId` is that of
 * the request behind the event, if there is one, and `error` what was thrown, which is for the log and for no response.
 */
export type Subscriber = (
  event: EventEntry,
  fields: EventFields,
  error: unknown,
  requestId: string | undefined,
) => void;

/** Who tells of events: `ctx.emit(events.registration.removed, { client_id })`. */
export interface Emitter {
  emit(event: EventEntry<NoFields>): void;
  emit<F extends FieldTypes>(event: EventEntry<F>, fields: FieldsOf<F>, error?: unknown): void;
}

/** The way from those who tell to those who listen. */
export interface Events extends Emitter {
  /** Tells of an event on behalf of a request. */
  readonly publish: Subscriber;
  /** Makes events known that are not in the catalogue, so that their meters are there, at 0, before anything happens. */
  declare(events: Iterable<EventEntry>): void;
}

/** The fields of an event without any. */
export const noFields: EventFields = Object.freeze({});

/** Events that nobody listens to. */
export const noEvents: Events = { emit() {}, publish() {}, declare() {} };
