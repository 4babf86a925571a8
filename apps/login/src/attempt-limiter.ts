import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';

/** How many failures within the window cost nothing but the try; each further one doubles the wait, from one second on. */
export interface AttemptLimits {
  /** Of one name from one address, and of one account in a browser that has used it before. */
  readonly perName: number;
  /** Of one name, from wherever. */
  readonly perNameOverall: number;
  /** From one address, for whatever names. */
  readonly perAddress: number;
  /** Seconds. Nobody waits longer: guessing is slowed down, and who knows the password gets in. */
  readonly longestWait: number;
  /** Seconds after the last failure in which the failures are forgotten. */
  readonly window: number;
}

/** The limits used unless others are given. */
export const DEFAULT_LIMITS: AttemptLimits = {
  perName: 5,
  perNameOverall: 50,
  perAddress: 50,
  longestWait: 60,
  window: 900,
};

/** Answer to an attempt: go on and say how it went, or wait for so many seconds. */
export type Attempt =
  | { readonly allowed: true; succeeded(): void }
  | { readonly allowed: false; readonly retryAfter: number };

/** Who tries. */
export interface Attempted {
  /** The name as it was typed, whether or not anybody has it. */
  readonly name: string;
  readonly address: string;
  /** The account and the browser, where this browser has used the account before: a count of its own. */
  readonly known?: string | undefined;
}

/** Slows password guessing down, in the memory of this process. */
export interface AttemptLimiter {
  /** Counts as failed from the start, so that parallel guesses cannot pass together, until `succeeded` is called. */
  attempt(attempted: Attempted): Attempt;
}

const MAX_KEYS = 20_000;

/** The network that one subscriber controls: an IPv4 address, or the /64 of an IPv6 address. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** A wait in words for people, such as `20 seconds` or `2 minutes`. */
export function inWords(seconds: number): string {
  if (seconds === 1) return 'one second';
  if (seconds <= 90) return `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

interface Failures {
  readonly count: number;
  /** Milliseconds. */
  readonly last: number;
}

interface Counter {
  readonly key: string;
  readonly free: number;
}

/** What an attempt counts for. Digests, since names that are typed may be long, or be passwords. */
function countersOf({ name, address, known }: Attempted, limits: AttemptLimits): readonly Counter[] {
  const network = addressKey(address);
  const key = (...parts: readonly string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
  const byAddress = { key: key('address', network), free: limits.perAddress };
  if (known !== undefined) return [{ key: key('known', known), free: limits.perName }, byAddress];
  return [
    { key: key('name', name, network), free: limits.perName },
    { key: key('name', name), free: limits.perNameOverall },
    byAddress,
  ];
}

/** A limiter on the clock `now` (milliseconds). Memory is bounded: beyond 20,000 keys the longest unused one goes. */
export function createAttemptLimiter(now: () => number, limits: AttemptLimits = DEFAULT_LIMITS): AttemptLimiter {
  const failures = new Map<string, Failures>();

  const recent = (key: string): Failures => {
    const found = failures.get(key);
    if (found !== undefined && now() - found.last < limits.window * 1000) return found;
    failures.delete(key);
    return { count: 0, last: 0 };
  };
  const waitFor = ({ key, free }: Counter): number => {
    const { count, last } = recent(key);
    if (count < free) return 0;
    const wait = Math.min(limits.longestWait, 2 ** (count - free));
    return Math.max(0, Math.ceil((last + wait * 1000 - now()) / 1000));
  };
  const write = (key: string, count: number, last: number) => {
    failures.delete(key);
    if (count > 0) failures.set(key, { count, last });
    for (const oldest of failures.keys()) {
      if (failures.size <= MAX_KEYS) break;
      failures.delete(oldest);
    }
  };

  return {
    attempt(attempted) {
      const counters = countersOf(attempted, limits);
      const retryAfter = Math.max(...counters.map(waitFor));
      // Who comes too early is sent away before any work, and nothing is counted: trying again does not lengthen the wait.
      if (retryAfter > 0) return { allowed: false, retryAfter };
      const before = counters.map(({ key }) => [key, recent(key)] as const);
      for (const [key, { count }] of before) write(key, count + 1, now());
      return {
        allowed: true,
        succeeded() {
          // The name, or the known browser, starts afresh; of the others just this attempt was no failure.
          const [own, ...others] = before;
          if (own !== undefined) failures.delete(own[0]);
          for (const [key, { last }] of others) write(key, recent(key).count - 1, last);
        },
      };
    },
  };
}
