import { events } from '../events/catalogue.ts';
import type { Clock } from '../ports/clock.ts';
import type { Events } from '../ports/events.ts';
import type { KeyCustody, StoredKeys } from './key-custody.ts';
import { KeySetRefused, type KeysByContext } from './key-document.ts';

/** Seconds between two looks into the store, whatever asks for them. */
export const pause = 1;

/** Keeps the keys in memory and in their store up to date with each other. */
export interface KeyRenewal {
  /** Reads the store, unless that was done within the last second. Never rejects. */
  read(): Promise<void>;
  /** To be called all the time: reads the store and does the upkeep, in the background, once in a cache lifetime. Cheap. */
  tick(now: number): void;
  /** The keys in memory, with their times. */
  known(): StoredKeys;
  /**
   * Writes what `change` makes of the stored keys, unless that is the same object, and puts what is stored then to use. Rejects
   * with `KeySetRefused` when the stored keys must not be used, else as the store does; nothing was written then.
   */
  update(change: (keys: KeysByContext) => KeysByContext): Promise<void>;
}

/** Renewal of keys that were `first` read. */
export function createKeyRenewal(deps: {
  readonly custody: KeyCustody;
  readonly first: StoredKeys;
  /** Seconds. */
  readonly lifetime: number;
  /** Puts keys to use; throws when they cannot be used, and then leaves those before in use. */
  readonly adopt: (keys: StoredKeys) => void;
  /** Does to the store what time demands, and answers what it has then. */
  readonly keepUp: (keys: StoredKeys) => Promise<StoredKeys>;
  readonly clock: Clock;
  readonly events: Events;
}): KeyRenewal {
  const { custody, clock, lifetime } = deps;
  let known = deps.first;
  let renewedAt = clock.now();
  let readAt = renewedAt;
  let reading: Promise<boolean> | undefined;
  let latest = Promise.resolve(true);
  let keeping = false;

  const adopt = (keys: StoredKeys) => {
    if (keys.version <= known.version) return;
    deps.adopt(keys);
    known = keys;
  };
  /** Whether it succeeded. A failure is logged, and the keys in memory stay in use. */
  const attempt = async (act: () => Promise<StoredKeys>): Promise<boolean> => {
    try {
      adopt(await act());
      return true;
    } catch (error) {
      if (error instanceof KeySetRefused) {
        deps.events.emit(events.keys.storedRefused, { reason: error.message });
      } else deps.events.emit(events.keys.storeUnusable, {}, error);
      return false;
    }
  };
  const look = () =>
    attempt(async () => {
      const stored = await custody.read();
      refuseStepBack(known, stored);
      return stored;
    }).finally(() => {
      reading = undefined;
    });
  const read = (): Promise<boolean> => {
    // From its start on: what was written while it ran may have been missed. After a failure too: a store that is away is
    // asked again as often as one that answers.
    if (reading !== undefined || clock.now() - readAt < pause) return latest;
    readAt = clock.now();
    reading = look();
    latest = reading;
    return reading;
  };
  /** The upkeep apart from the reading, for which others wait: new RSA keys take their time. */
  const renew = async () => {
    if (!(await read()) || keeping) return;
    keeping = true;
    await attempt(() => deps.keepUp(known));
    keeping = false;
  };

  return {
    async read() {
      await read();
    },
    tick(now) {
      // Not by the last reading: strangers can cause that, and would put the upkeep off for ever.
      if (now - renewedAt < lifetime) return;
      renewedAt = now;
      void renew();
    },
    known: () => known,
    async update(change) {
      const stored = await custody.update(async (current) => {
        refuseStepBack(known, current);
        const changed = change(current.contexts);
        return changed === current.contexts ? undefined : changed;
      });
      adopt(stored);
    },
  };
}

/** Nothing that a server does leads to less than it has seen; whoever writes to the table might want that. */
function refuseStepBack(known: StoredKeys, stored: StoredKeys | undefined): asserts stored is StoredKeys {
  if (!stored) throw new KeySetRefused('the stored key set is gone from jwks');
  if (!stored.authenticated) throw new KeySetRefused('the stored key set was replaced by one of the form before');
  if (stored.version < known.version) {
    throw new KeySetRefused(
      'the stored key set is older than the one in memory: restart the servers if it was restored',
    );
  }
}
