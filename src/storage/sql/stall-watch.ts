/** What the watch needs of a connection of the driver. */
export interface Watchable {
  once(event: 'end', listener: () => void): unknown;
  readonly connection: { readonly stream: { destroy(reason: Error): unknown } };
}

/** What a connection does, kept by whoever uses it. Bare numbers: a timer per statement would cost more than the statement. */
export interface Activity {
  /** Statements or transactions without outcome. */
  underWay: number;
  /** Those that have had theirs. */
  finished: number;
}

/** Ends connections on which nothing comes to an outcome. */
export interface StallWatch {
  /** Watches a connection until it ends. */
  activityOf(client: Watchable): Activity;
  /** From now on connections are ended; before, such as during a migration, they may take their time. */
  start(): void;
  stop(): void;
}

/** Looks per limit: a connection that stalls is ended within one and an eighth of the limit. */
const LOOKS = 8;

interface Watched {
  readonly activity: Activity;
  /** `finished` at the previous look. */
  seen: number;
  /** Looks in a row at which nothing had moved. */
  looks: number;
}

/**
 * Watches over connections: where something is under way and nothing has come to an outcome for `limit` milliseconds, the
 * connection is cut, which rejects everything on it. Its server may be stopped, or the network gone without a word; TCP alone
 * would wait for it without end.
 */
export function createStallWatch(limit: number): StallWatch {
  const watched = new Map<Watchable, Watched>();
  let timer: NodeJS.Timeout | undefined;

  const look = () => {
    for (const [client, each] of watched) {
      const { activity, seen } = each;
      each.seen = activity.finished;
      each.looks = activity.underWay > 0 && activity.finished === seen ? each.looks + 1 : 0;
      if (each.looks <= LOOKS) continue;
      watched.delete(client);
      cutConnection(client, `no answer within ${limit} ms`);
    }
  };
  return {
    activityOf(client) {
      let each = watched.get(client);
      if (!each) {
        each = { activity: { underWay: 0, finished: 0 }, seen: 0, looks: 0 };
        watched.set(client, each);
        client.once('end', () => watched.delete(client));
      }
      return each.activity;
    },
    start() {
      timer ??= setInterval(look, limit / LOOKS).unref();
    },
    stop: () => clearInterval(timer),
  };
}

/** Cuts a connection without a word to the server: all that is under way on it rejects with `reason`. */
export function cutConnection(client: Watchable, reason: string): void {
  client.connection.stream.destroy(new Error(`PostgreSQL connection: ${reason}`));
}
