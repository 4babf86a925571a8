import type { QueryResult } from 'pg';
import { statementFailure } from './postgres-failures.ts';
import { type Connection, createSlots, type SlotsOptions } from './postgres-slots.ts';

/** A single statement, committed by itself. */
export interface LaneQuery {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Connections on which statements follow one another without waiting for answers. */
export interface PostgresLanes {
  /** Rejects with a `StorageAway` where the server cannot do its work, else with the error of the driver. */
  query(query: LaneQuery): Promise<QueryResult>;
  /** Answers what is under way and lets go of the connections. */
  close(): Promise<void>;
}

/**
 * Pipelined connections: a statement is sent at once, behind those that are still unanswered, which costs this process a
 * third of what it costs to lend a connection to each statement. Each statement is its own transaction. A connection that is
 * lost fails what was under way on it. Statements go over the least busy of those that stand; others are opened beside them,
 * and wait for by nobody who has another.
 */
export function createPostgresLanes(options: SlotsOptions): PostgresLanes {
  const { door } = options;
  let waiting: (() => void)[] = [];
  let closed = false;
  const slots = createSlots(options, () => {
    const told = waiting;
    waiting = [];
    for (const tell of told) tell();
  });

  /** The lane to take; `undefined` where all are on their way out. Throws a `StorageAway` where there is none to be had. */
  function choose(): Connection | undefined {
    const { open, connecting, free } = survey(slots.all);
    if (open) {
      if (slots.isDue(open)) {
        slots.leave(open);
        return choose();
      }
      if (open.activity.underWay > 0 && free >= 0 && !connecting && door.isOpen()) slots.open(free);
      return open;
    }
    if (free >= 0 && door.isOpen() && (!connecting || connecting.activity.underWay > 0)) return slots.open(free);
    if (connecting) return connecting;
    if (free >= 0) throw door.reason();
    return undefined;
  }

  /** Waits for a lane. Whose lane does not come about takes another: nothing was sent. */
  async function waitFor(lane: Connection | undefined): Promise<Connection> {
    if (!lane) {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return next();
    }
    const { activity } = lane;
    activity.underWay++;
    try {
      await lane.ready;
      return lane;
    } catch (error) {
      if (!survey(slots.all).open) throw error;
    } finally {
      activity.underWay--;
      activity.finished++;
    }
    return next();
  }

  function next(): Connection | Promise<Connection> {
    if (closed) throw new Error('PostgreSQL storage is closed');
    const lane = choose();
    return lane?.state === 'open' ? lane : waitFor(lane);
  }

  return {
    async query(query) {
      const found = next();
      const lane = found instanceof Promise ? await found : found;
      const { activity } = lane;
      activity.underWay++;
      try {
        return await lane.client.query(query);
      } catch (error) {
        const failure = statementFailure(error);
        if (slots.isSpoilt(lane, failure)) slots.leave(lane);
        throw failure;
      } finally {
        activity.underWay--;
        activity.finished++;
      }
    },
    async close() {
      closed = true;
      for (const lane of slots.all) if (lane) slots.leave(lane);
      await slots.emptied();
    },
  };
}

/** The least busy of the lanes that stand, and of those that are being opened, and an empty slot; -1: none. */
function survey(all: readonly (Connection | undefined)[]) {
  let open: Connection | undefined;
  let connecting: Connection | undefined;
  let free = -1;
  for (let index = 0; index < all.length; index++) {
    const each = all[index];
    if (!each) free = free < 0 ? index : free;
    else if (each.state === 'open') open = lessBusy(open, each);
    else if (each.state === 'connecting') connecting = lessBusy(connecting, each);
  }
  return { open, connecting, free };
}

function lessBusy(one: Connection | undefined, other: Connection): Connection {
  return one && one.activity.underWay <= other.activity.underWay ? one : other;
}
