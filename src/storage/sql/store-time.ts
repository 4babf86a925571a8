import { events } from '../../events/catalogue.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Events } from '../../ports/events.ts';
import type { SqlEngine } from './engine.ts';

/** Seconds by which two clocks may differ without a word: the answer of the database may have taken that long. */
const TOLERANCE = 5;

/** What the time of the database is found by. */
export interface StoreTimeOptions {
  readonly engine: SqlEngine;
  readonly clock: Clock;
  readonly events: Events;
  /** Unix milliseconds of this machine, for tests. */
  readonly machineTime?: (() => number) | undefined;
}

/**
 * A function that answers the time by which all processes of a database delete, in Unix seconds: that of the database. A machine
 * whose clock is ahead would else delete what lives for all the others; one that differs by more than some seconds is told of. Where
 * the database has no clock of its own, it is that of the process.
 */
export function createStoreTime(options: StoreTimeOptions): () => Promise<number> {
  const { engine, clock, events: told, machineTime = Date.now } = options;
  const { time } = engine.verbs;
  if (!time) return async () => clock.now();
  return async () => {
    const asked = machineTime();
    const [row] = (await engine.read(time, {})).rows;
    const ahead = ((asked + machineTime()) / 2 - (row?.milliseconds ?? asked)) / 1000;
    if (Math.abs(ahead) <= TOLERANCE) return clock.now();
    told.emit(events.storage.clockDiffers, { seconds: Math.round(ahead) });
    return clock.now() - Math.round(ahead);
  };
}
