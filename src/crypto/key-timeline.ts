import type { Jwk } from '../domain/jwk.ts';
import { events } from '../events/catalogue.ts';
import type { Events } from '../ports/events.ts';
import { inOrder, type ManagedKey, nextChange } from './key-schedule.ts';
import { type KeySet, keySetOf, type ReadyKey, readyKey } from './key-set.ts';
import type { RsaSigning } from './signing-key.ts';

/** Keys with their times, parsed, and the key set that they make at a time. */
export interface KeyTimeline {
  /** The key set at a time, which only moves on: one object until a time of a key comes. Cheap. */
  at(now: number): KeySet;
  /** Parses keys, and answers what puts them in the place of those before. Throws an `Error` as {@link readyKey} does. */
  prepare(keys: readonly ManagedKey[]): (now: number) => void;
}

interface TimedKey extends ManagedKey {
  readonly ready: ReadyKey;
}

/** Tells of a key that was loaded; never of its private part. */
export function tellOfKey({ kid, kty, crv, use }: Jwk, told: Events): void {
  told.emit(events.keys.loaded, { kid, kty, crv, use });
}

/** An empty timeline: keys have to be put in place. */
export function createKeyTimeline(options: {
  readonly rsaSigning: RsaSigning;
  readonly events: Events;
  /** Told of symmetric keys that are asked for in vain. */
  readonly missed: () => void;
}): KeyTimeline {
  let keys: readonly TimedKey[] = [];
  let keySet = keySetOf([]);
  let until = Number.NEGATIVE_INFINITY;

  const timed = (key: ManagedKey): TimedKey => {
    const same = keys.find(({ jwk }) => jwk.kid === key.jwk.kid && JSON.stringify(jwk) === JSON.stringify(key.jwk));
    return { ...key, ready: same ? same.ready : readyKey(key.jwk, { rsaSigning: options.rsaSigning }) };
  };
  const refresh = (now: number) => {
    keySet = keySetOf(
      inOrder(keys, now).map(({ ready }) => ready),
      options.missed,
    );
    until = nextChange(keys, now);
  };
  return {
    at(now) {
      if (now >= until) refresh(now);
      return keySet;
    },
    prepare(managed) {
      const prepared = managed.map(timed);
      return (now) => {
        const before = new Set(keys.map(({ ready }) => ready));
        keys = prepared;
        refresh(now);
        for (const { ready } of prepared) {
          if (ready.published && !before.has(ready)) tellOfKey(ready.published, options.events);
        }
      };
    },
  };
}
