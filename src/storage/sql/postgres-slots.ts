import type { Client } from 'pg';
import type { StorageAway } from '../../ports/stores/storage-away.ts';
import type { Door } from './postgres-door.ts';
import { connectFailure, isConnectionSpoilt, READ_ONLY } from './postgres-failures.ts';
import { type Activity, cutConnection, type StallWatch } from './stall-watch.ts';

/** How connections are opened and replaced. */
export interface SlotsOptions {
  /** A new pipelining client, not yet connected, with a listener for its errors. */
  newClient(): Client;
  /** Connections at most, those that are on their way out included. */
  readonly count: number;
  /** Milliseconds after which a connection is replaced. */
  readonly maxLifetime: number;
  /** Statements that set a new connection up, as one text; empty: none. */
  readonly setUp: string;
  readonly watch: StallWatch;
  readonly door: Door;
}

/** A connection in its slot. */
export interface Connection {
  readonly client: Client;
  /** Resolves once it can be used; rejects with a `StorageAway`. */
  readonly ready: Promise<void>;
  readonly bornAt: number;
  readonly activity: Activity;
  /** `leaving`: what is under way on it is finished, and nothing new begun. */
  state: 'connecting' | 'open' | 'leaving';
}

/** A fixed number of places for connections. */
export interface Slots {
  /** The connections by slot; `undefined` where there is none. */
  readonly all: readonly (Connection | undefined)[];
  /** Opens a connection in a slot that is empty. */
  open(index: number): Connection;
  /** Lets go of a connection behind what is under way on it; its slot is empty once it has ended. */
  leave(connection: Connection): void;
  /** Whether it has lived its time. One at a time, so that there are always others to go on with. */
  isDue(connection: Connection): boolean;
  /** Whether a connection should be left after a failure on it. */
  isSpoilt(connection: Connection, failure: unknown): boolean;
  /** Resolves when no slot has a connection. */
  emptied(): Promise<void>;
}

/** Milliseconds that the server gets to end a connection on which nothing is under way. */
const GOODBYE = 1000;
/** Milliseconds for which a connection stays that is read-only: a new one would be, too, until the failover is over. */
const READ_ONLY_PATIENCE = 1000;

/** Slots, all empty. `changed` is told whenever a connection can be used, or a slot is empty again. */
export function createSlots(options: SlotsOptions, changed: () => void): Slots {
  const { newClient, count, maxLifetime, setUp, watch, door } = options;
  const all: (Connection | undefined)[] = Array.from({ length: count });
  let waiting: (() => void)[] = [];

  function empty(index: number, connection: Connection): void {
    if (all[index] !== connection) return;
    all[index] = undefined;
    if (all.every((each) => each === undefined)) {
      for (const tell of waiting) tell();
      waiting = [];
    }
    changed();
  }

  function open(index: number): Connection {
    const client = newClient();
    const ready = enter(client, setUp);
    const activity = watch.activityOf(client);
    const connection: Connection = { client, ready, bornAt: performance.now(), activity, state: 'connecting' };
    all[index] = connection;
    client.on('error', () => empty(index, connection));
    client.on('end', () => empty(index, connection));
    ready.then(
      () => {
        door.opened();
        if (connection.state === 'connecting') connection.state = 'open';
        changed();
      },
      (reason: StorageAway) => {
        door.failed(reason);
        empty(index, connection);
      },
    );
    return connection;
  }

  return {
    all,
    open,
    leave(connection) {
      if (connection.state === 'leaving') return;
      connection.state = 'leaving';
      connection.ready.then(
        () => sayGoodbye(connection),
        () => undefined,
      );
    },
    isDue: ({ bornAt }) =>
      performance.now() - bornAt >= maxLifetime && !all.some((each) => each !== undefined && each.state === 'leaving'),
    isSpoilt: ({ bornAt }, failure) =>
      isConnectionSpoilt(failure) && !(isReadOnly(failure) && performance.now() - bornAt < READ_ONLY_PATIENCE),
    emptied: () =>
      new Promise((resolve) => {
        if (all.every((each) => each === undefined)) resolve();
        else waiting.push(resolve);
      }),
  };
}

function isReadOnly(failure: unknown): boolean {
  return typeof failure === 'object' && failure !== null && 'code' in failure && failure.code === READ_ONLY;
}

/** Connects and sets up. Rejects with a `StorageAway`. */
async function enter(client: Client, setUp: string): Promise<void> {
  try {
    await client.connect();
    if (setUp !== '') await client.query(setUp);
  } catch (error) {
    cutConnection(client, 'it could not be opened');
    throw connectFailure(error);
  }
}

/** Ends a connection behind what is under way on it. Its end counts as under way, too, so that the watch looks after it. */
async function sayGoodbye({ client, activity }: Connection): Promise<void> {
  const idle = activity.underWay === 0;
  activity.underWay++;
  const ended = client.end();
  const patience = idle ? setTimeout(() => cutConnection(client, 'the server does not end it'), GOODBYE) : undefined;
  await ended;
  clearTimeout(patience);
}
