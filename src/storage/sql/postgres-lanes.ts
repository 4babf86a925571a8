import type { Client, QueryResult } from 'pg';

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
}

interface Lane {
  readonly client: Client;
  /** Resolves once connected. */
  readonly ready: Promise<unknown>;
  readonly bornAt: number;
  connected: boolean;
  underWay: number;
}

/**
 * Pipelined connections: a statement is sent at once, behind those that are still unanswered, which costs this process a
 * third of what it costs to lend a connection to each statement. Each statement is its own transaction. A connection that is
 * lost fails what was under way on it; the next statement opens another.
 */
export function createPostgresLanes({ newClient, count, maxLifetime }: PostgresLanesOptions): PostgresLanes {
  const lanes: (Lane | undefined)[] = Array.from({ length: count });
  const leaving = new Set<Promise<void>>();
  let closed = false;

  function retire(index: number, lane: Lane): void {
    if (lanes[index] === lane) lanes[index] = undefined;
    const gone = lane.ready.then(
      () => lane.client.end(),
      () => undefined,
    );
    leaving.add(gone);
    void gone.finally(() => leaving.delete(gone));
  }

  function open(index: number): Lane {
    const client = newClient();
    const ready = client.connect();
    const lane: Lane = { client, ready, bornAt: performance.now(), connected: false, underWay: 0 };
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
      if ((lanes[index]?.underWay ?? 0) < (lanes[chosen]?.underWay ?? 0)) chosen = index;
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
      lane.underWay++;
      try {
        if (!lane.connected) await lane.ready;
        return await lane.client.query(query);
      } finally {
        lane.underWay--;
      }
    },
    async close() {
      closed = true;
      for (const [index, lane] of lanes.entries()) if (lane) retire(index, lane);
      await Promise.all(leaving);
    },
  };
}
