import { isIPv6 } from 'node:net';

/** How many failures are allowed within the window. */
export interface AttemptLimits {
  readonly perAccount: number;
  readonly perAddress: number;
  /** Length of the sliding window, seconds. */
  readonly window: number;
}

/** The limits used unless others are given: 10 per account and 50 per address in 15 minutes. */
export const DEFAULT_LIMITS: AttemptLimits = { perAccount: 10, perAddress: 50, window: 900 };

/** Answer to an attempt: go on and say how it went, or wait for so many seconds. */
export type Attempt =
  | { readonly allowed: true; succeeded(): void }
  | { readonly allowed: false; readonly retryAfter: number };

/** Limits password guessing, in the memory of this process. */
export interface AttemptLimiter {
  /** Counts as failed from the start, so that parallel guesses cannot pass together, until `succeeded` is called. */
  attempt(account: string, address: string): Attempt;
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

/** A limiter on the clock `now` (milliseconds). Memory is bounded: beyond 20,000 keys the longest unused one goes. */
export function createAttemptLimiter(now: () => number, limits: AttemptLimits = DEFAULT_LIMITS): AttemptLimiter {
  const failures = new Map<string, number[]>();

  const recent = (key: string): number[] => {
    const since = now() - limits.window * 1000;
    const times = (failures.get(key) ?? []).filter((time) => time > since);
    failures.delete(key);
    if (times.length > 0) failures.set(key, times);
    return times;
  };
  const waitFor = (times: readonly number[], limit: number): number => {
    const oldest = times[times.length - limit];
    return oldest === undefined ? 0 : Math.max(1, Math.ceil((oldest + limits.window * 1000 - now()) / 1000));
  };
  const add = (key: string, times: number[], time: number) => {
    times.push(time);
    failures.delete(key);
    failures.set(key, times);
    for (const oldest of failures.keys()) {
      if (failures.size <= MAX_KEYS) break;
      failures.delete(oldest);
    }
  };
  const remove = (key: string, time: number) => {
    const times = failures.get(key);
    const index = times?.indexOf(time) ?? -1;
    if (index >= 0) times?.splice(index, 1);
  };

  return {
    attempt(account, address) {
      const accountKey = `account ${account}`;
      const networkKey = `address ${addressKey(address)}`;
      const byAccount = recent(accountKey);
      const byAddress = recent(networkKey);
      const retryAfter = Math.max(waitFor(byAccount, limits.perAccount), waitFor(byAddress, limits.perAddress));
      if (retryAfter > 0) return { allowed: false, retryAfter };
      const time = now();
      add(accountKey, byAccount, time);
      add(networkKey, byAddress, time);
      return {
        allowed: true,
        succeeded() {
          failures.delete(accountKey);
          remove(networkKey, time);
        },
      };
    },
  };
}
