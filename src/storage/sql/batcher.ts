/** How many batches of one kind may be on their way; further entries wait and so make the next batch larger. */
const IN_FLIGHT = 2;
/** Entries of one batch at most: bounds the size of a statement. */
const BATCH_LIMIT = 500;

interface Entry<T> {
  readonly value: T;
  resolve(): void;
  reject(error: unknown): void;
}

/** What a batcher does with the entries that it collected. */
export interface BatchSink<T> {
  /** Makes all entries durable, or none. */
  flush(batch: readonly T[]): Promise<void>;
  /** True when the error may be the fault of a single entry, so that each has to be tried alone. */
  isEntryError(error: unknown): boolean;
}

/** Entries on their way in batches. */
export interface Batcher<T> {
  /** Resolves when the entry is durable. */
  add(value: T): Promise<void>;
  /** Resolves when everything added so far has its outcome. */
  drain(): Promise<void>;
}

/**
 * Collects what one turn of the event loop brings and hands it over at once. Each promise resolves when its own entry is
 * durable; an entry that is refused rejects alone.
 */
export function createBatcher<T>(sink: BatchSink<T>): Batcher<T> {
  let waiting: Entry<T>[] = [];
  let inFlight = 0;
  let scheduled = false;
  let drained: (() => void)[] = [];

  function schedule(): void {
    if (scheduled || inFlight >= IN_FLIGHT || waiting.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const batch = waiting.slice(0, BATCH_LIMIT);
      waiting = waiting.slice(BATCH_LIMIT);
      inFlight++;
      void settle(sink, batch).finally(() => {
        inFlight--;
        schedule();
        if (inFlight > 0 || waiting.length > 0) return;
        for (const tell of drained) tell();
        drained = [];
      });
      schedule();
    });
  }

  return {
    add: (value) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ value, resolve, reject });
        schedule();
      }),
    drain: () =>
      new Promise<void>((resolve) => {
        if (inFlight === 0 && waiting.length === 0) resolve();
        else drained.push(resolve);
      }),
  };
}

/** Never rejects: every outcome goes to the entries. */
async function settle<T>(sink: BatchSink<T>, batch: readonly Entry<T>[]): Promise<void> {
  try {
    await sink.flush(batch.map((entry) => entry.value));
  } catch (error) {
    const [first] = batch;
    if (batch.length === 1 || !sink.isEntryError(error)) {
      for (const entry of batch) entry.reject(error);
    } else if (first) {
      for (const entry of batch) await settle(sink, [entry]);
    }
    return;
  }
  for (const entry of batch) entry.resolve();
}
