const generationSize = 50_000;

/** A Map that forgets: what has not been read or written during the last 50 000 to 100 000 insertions is gone. */
export interface TwoGenerations<T> {
  readonly get: (key: string) => T | undefined;
  readonly set: (key: string, value: T) => void;
  readonly delete: (key: string) => void;
}

/**
 * The plain in-memory store of the peers. Bounded, because an ever-growing Map would turn a comparison of servers into
 * one of garbage collections; without timers or sweeps, so that it costs next to nothing.
 */
export function createTwoGenerations<T>(): TwoGenerations<T> {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  const set = (key: string, value: T): void => {
    if (young.size >= generationSize) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };
  return {
    get: (key) => {
      const value = young.get(key);
      if (value !== undefined) return value;
      const kept = old.get(key);
      if (kept !== undefined) set(key, kept);
      return kept;
    },
    set,
    delete: (key) => {
      young.delete(key);
      old.delete(key);
    },
  };
}
