import type { Client, QueryResult } from 'pg';
import { type Activity, cutConnection, type StallWatch } from './stall-watch.ts';

/** A single statement, committed by itself. */
export interface LaneQuery {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Connections on which statements follow one another without waiting for answers. */
export interface PostgresLanes {
  query(query: LaneQuery): Promise<QueryResult>;
  /** Answers what is under way and lets go of the connections. */
  close(): Promise<void>;
}

/** How the lanes connect. */
export interface PostgresLanesOptions {
  /** A new pipelining client, not yet connected, with a listener for its errors. */
  newClient(): Client;
  readonly count: number;
  /** Milliseconds after which a connection is replaced. */
  readonly maxLifetime: number;
  readonly watch: StallWatch;
}

/** Milliseconds that the server gets to end a connection on which nothing is under way. */
const GOODBYE = 1000;

interface Lane {
  readonly client: Client;
  /** Resolves once connected. */
  readonly ready: Promise<unknown>;
  readonly bornAt: number;
  readonly activity: Activity;
  connected: boolean;
}

/**
 * Pipelined connections: a statement is sent at once, behind those that are still unanswered, which costs this process a
 * third of what it costs to lend a connection to each statement. Each statement is its own transaction. A connection that is
 * lost fails what was under way on it; the next statement opens another.
 */
export function createPostgresLanes(options: PostgresLanesOptions): PostgresLanes {
  const { newClient, count, maxLifetime, watch } = options;
  const lanes: (Lane | undefined)[] = Array.from({ length: count });
  const leaving = new Set<Promise<void>>();
  let closed = false;

  function retire(index: number, lane: Lane): void {
    if (lanes[index] === lane) lanes[index] = undefined;
    const gone = lane.ready.then(
      () => sayGoodbye(lane),
      () => undefined,
    );
    leaving.add(gone);
    void gone.finally(() => leaving.delete(gone));
  }

  function open(index: number): Lane {
    const client = newClient();
    const ready = client.connect();
    const activity = watch.activityOf(client);
    const lane: Lane = { client, ready, bornAt: performance.now(), activity, connected: false };
    lanes[index] = lane;
    const forget = () => {
      if (lanes[index] === lane) lanes[index] = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    ready.then(() => {
      lane.connected = true;
    }, forget);
    return lane;
  }

  /** The least busy lane, opened or replaced where need be. */
  function choose(): Lane {
    let chosen = 0;
    for (let index = 1; index < count; index++) {
      if ((lanes[index]?.activity.underWay ?? 0) < (lanes[chosen]?.activity.underWay ?? 0)) chosen = index;
    }
    const lane = lanes[chosen];
    if (lane && performance.now() - lane.bornAt < maxLifetime) return lane;
    if (lane) retire(chosen, lane);
    return open(chosen);
  }

  return {
    async query(query) {
      if (closed) throw new Error('PostgreSQL storage is closed');
      const lane = choose();
      const { activity } = lane;
      activity.underWay++;
      try {
        if (!lane.connected) await lane.ready;
        return await lane.client.query(query);
      } finally {
        activity.underWay--;
        activity.finished++;
      }
    },
    async close() {
      closed = true;
      for (const [index, lane] of lanes.entries()) if (lane) retire(index, lane);
      await Promise.all(leaving);
    },
  };
}

/** Ends a connection behind what is under way on it. Its end counts as under way, too, so that the watch looks after it. */
async function sayGoodbye({ client, activity }: Lane): Promise<void> {
  const idle = activity.underWay === 0;
  activity.underWay++;
  const ended = client.end();
  const patience = idle ? setTimeout(() => cutConnection(client, 'the server does not end it'), GOODBYE) : undefined;
  await ended;
  clearTimeout(patience);
}
