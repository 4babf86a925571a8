import type { Random } from '../ports/random.ts';

/** Identifiers of requests in the log: short, ordered, and different in each process. */
export interface RequestIds {
  next(): string;
}

/** Request identifiers: a random prefix for the process, and a counter, which is cheaper than randomness for each. */
export function createRequestIds(random: Random): RequestIds {
  const prefix = random.bytes(4).toString('hex');
  let count = 0;
  return { next: () => `${prefix}-${(++count).toString(36)}` };
}
