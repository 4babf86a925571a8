import type { Client, QueryResult } from 'pg';
import { StorageAway } from '../../ports/stores/storage-away.ts';
import { statementFailure } from './postgres-failures.ts';
import type { LaneQuery } from './postgres-lanes.ts';
import { type Connection, createSlots, type SlotsOptions } from './postgres-slots.ts';

/** A connection that is lent. */
export interface LentConnection {
  readonly client: Client;
  /** Rejects with a `StorageAway` where the server cannot do its work, else with the error of the driver. */
  query(query: LaneQuery): Promise<QueryResult>;
  /** Says that the connection is of no use any more: it leaves when it comes back. */
  spoil(): void;
}

/** Connections that one after another has to itself. */
export interface PostgresTransactions {
  /** Lends a connection for as long as `use` takes. Rejects with a `StorageAway` where none is to be had in time. */
  run<T>(use: (connection: LentConnection) => Promise<T>): Promise<T>;
  /** Lets go of the connections, of those that are lent when they come back. */
  close(): Promise<void>;
}

interface Waiter {
  resolve(connection: Connection): void;
  reject(failure: unknown): void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Connections for transactions of several statements. Who comes when all are lent waits, in order, for `patience` milliseconds;
 * and where another connection cannot be opened, those that stand go on serving.
 */
export function createPostgresTransactions(
  options: SlotsOptions & { readonly patience: number },
): PostgresTransactions {
  const { door, patience } = options;
  const lent = new Set<Connection>();
  const spoilt = new Set<Connection>();
  const waiters: Waiter[] = [];
  let closed = false;
  const slots = createSlots(options, dispatch);

  function takeIdle(): Connection | undefined {
    for (const each of slots.all) {
      if (each?.state !== 'open' || lent.has(each)) continue;
      if (!slots.isDue(each)) return each;
      slots.leave(each);
    }
    return undefined;
  }

  /** Gives connections to those that wait; opens more where there is room; says no where there is nothing to wait for. */
  function dispatch(): void {
    while (waiters.length > 0) {
      const connection = takeIdle();
      if (!connection) break;
      lent.add(connection);
      const waiter = waiters.shift();
      clearTimeout(waiter?.timer);
      waiter?.resolve(connection);
    }
    let connecting = slots.all.filter((each) => each?.state === 'connecting').length;
    for (let index = 0; index < slots.all.length && connecting < waiters.length && door.isOpen(); index++) {
      if (slots.all[index]) continue;
      slots.open(index);
      connecting++;
    }
    if (waiters.length > 0 && slots.all.every((each) => each === undefined)) refuseAll(door.reason());
  }

  function refuseAll(failure: unknown): void {
    for (const { timer, reject } of waiters.splice(0)) {
      clearTimeout(timer);
      reject(failure);
    }
  }

  function borrow(): Promise<Connection> {
    if (closed) throw new Error('PostgreSQL storage is closed');
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiters.splice(waiters.indexOf(waiter), 1);
        reject(new StorageAway(`no connection was free for a transaction within ${patience} ms`, 'busy'));
      }, patience);
      const waiter = { resolve, reject, timer };
      waiters.push(waiter);
      dispatch();
    });
  }

  function giveBack(connection: Connection): void {
    lent.delete(connection);
    if (closed || spoilt.delete(connection)) slots.leave(connection);
    dispatch();
  }

  return {
    async run(use) {
      const connection = await borrow();
      const { client, activity } = connection;
      activity.underWay++;
      try {
        return await use({
          client,
          spoil: () => void spoilt.add(connection),
          async query(query) {
            try {
              return await client.query(query);
            } catch (error) {
              const failure = statementFailure(error);
              if (slots.isSpoilt(connection, failure)) spoilt.add(connection);
              throw failure;
            }
          },
        });
      } finally {
        activity.underWay--;
        activity.finished++;
        giveBack(connection);
      }
    },
    async close() {
      closed = true;
      refuseAll(new Error('PostgreSQL storage is closed'));
      for (const each of slots.all) if (each && !lent.has(each)) slots.leave(each);
      await slots.emptied();
    },
  };
}
