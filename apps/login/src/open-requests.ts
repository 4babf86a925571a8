import { addressKey } from './attempt-limiter.ts';
import type { AuthzSessionApi } from './authz-session-api.ts';
import { fingerprint } from './csrf.ts';
import type { Message } from './messages.ts';

/** How many authorization requests may be open: each is kept by the server until it is answered or too old. */
export interface RequestLimits {
  readonly perAddress: number;
  readonly total: number;
  /** For how long the server keeps one, seconds: its `op.authz.sessionLifetime`. */
  readonly lifetime: number;
}

/** 300 per address and 20,000 in all, for the 15 minutes that a server keeps them unless told otherwise. */
export const DEFAULT_REQUEST_LIMITS: RequestLimits = { perAddress: 300, total: 20_000, lifetime: 900 };

/** Answer to a request that begins: go on, or too many are open, and in so many seconds there will be room. */
export type Admission =
  | {
      readonly admitted: true;
      /** Says what became of it: the first message, or `undefined` where there is none. */
      settle(message: Message | undefined): void;
    }
  | { readonly admitted: false; readonly of: 'address' | 'total'; readonly retryAfter: number };

/** Counts the authorization requests that this process has begun and that nobody has answered yet, in its memory. */
export interface OpenRequests {
  /** Counts as open from the start, so that parallel requests cannot pass together. */
  admit(address: string): Admission;
  /** A request was answered, or is gone. */
  ended(sid: string): void;
}

interface Open {
  readonly network: string;
  /** Milliseconds. */
  readonly until: number;
}

/** {@link OpenRequests} on the clock `now` (milliseconds). Holds no more than `limits.total` entries. */
export function createOpenRequests(now: () => number, limits = DEFAULT_REQUEST_LIMITS): OpenRequests {
  // Both in the order of time: all live equally long.
  const open = new Map<string, Open>();
  const networks = new Map<string, Map<string, Open>>();
  let begun = 0;

  const remove = (key: string) => {
    const network = open.get(key)?.network;
    if (network === undefined) return;
    open.delete(key);
    const own = networks.get(network);
    own?.delete(key);
    if (own?.size === 0) networks.delete(network);
  };
  const add = (key: string, network: string) => {
    remove(key);
    const entry = { network, until: now() + limits.lifetime * 1000 };
    open.set(key, entry);
    const own = networks.get(network) ?? new Map<string, Open>();
    networks.set(network, own.set(key, entry));
  };
  const removeOld = () => {
    for (const [key, { until }] of open) {
      if (until > now()) return;
      remove(key);
    }
  };
  const refusal = (of: 'address' | 'total', full: ReadonlyMap<string, Open>): Admission => {
    const [oldest] = full.values();
    return { admitted: false, of, retryAfter: Math.max(1, Math.ceil(((oldest?.until ?? 0) - now()) / 1000)) };
  };

  return {
    admit(address) {
      removeOld();
      const network = addressKey(address);
      const own = networks.get(network) ?? new Map<string, Open>();
      if (own.size >= limits.perAddress) return refusal('address', own);
      if (open.size >= limits.total) return refusal('total', open);
      begun += 1;
      const place = `begun ${begun}`;
      add(place, network);
      return {
        admitted: true,
        settle(message) {
          remove(place);
          if (message?.type === 'auth' || message?.type === 'consent') add(fingerprint(message.sid), network);
        },
      };
    },
    ended: (sid) => remove(fingerprint(sid)),
  };
}

/** An {@link AuthzSessionApi} that tells `requests` of each session that has ended. */
export function countingEnds(api: AuthzSessionApi, requests: OpenRequests): AuthzSessionApi {
  const counted = async (sid: string, step: Promise<Message>): Promise<Message> => {
    const message = await step;
    if (message.type === 'response' || message.type === 'error') requests.ended(sid);
    return message;
  };
  return {
    ...api,
    authenticate: (sid, authentication) => counted(sid, api.authenticate(sid, authentication)),
    consent: (sid, given) => counted(sid, api.consent(sid, given)),
    cancel: (sid, error) => counted(sid, api.cancel(sid, error)),
  };
}
