/** Random numbers that come again with the same seed. */
export interface SeededRandom {
  /** An integer from 0 to below `limit`. */
  below(limit: number): number;
  /** One of the items; `undefined` of an empty list. */
  pick<T>(items: readonly T[]): T | undefined;
  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean;
}

/** The seed of a test run: the number in the environment variable SEED, or a new one. */
export function seedOfRun(): number {
  const given = Number(process.env['SEED']);
  return Number.isSafeInteger(given) && given > 0 ? given : 1 + Math.floor(Math.random() * 2 ** 31);
}

/** A xorshift generator with 32 bits of state: good enough to spread moments and choices. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { below, pick: (items) => items[below(items.length)], chance: (probability) => next() < probability };
}
