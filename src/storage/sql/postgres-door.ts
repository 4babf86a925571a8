import { StorageAway } from '../../ports/stores/storage-away.ts';

/**
 * Says when a connection may be tried. All connections of a storage share it, since they lead to the same server: while it refuses
 * them, it is asked again only now and then, whoever wants one.
 */
export interface Door {
  isOpen(): boolean;
  /** Why the latest attempt came to nothing. */
  reason(): StorageAway;
  failed(reason: StorageAway): void;
  opened(): void;
}

/** Milliseconds until the next attempt after one that failed; twice as long after each further one, up to the longest. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1000;

/** A door that is open. */
export function createDoor(now: () => number = () => performance.now()): Door {
  let failures = 0;
  let closedUntil = 0;
  let latest: StorageAway | undefined;
  return {
    isOpen: () => failures === 0 || now() >= closedUntil,
    reason: () => latest ?? new StorageAway('no connection', 'lost'),
    failed(reason) {
      latest = reason;
      // Attempts that were made together fail together, and count once.
      if (failures > 0 && now() < closedUntil) return;
      closedUntil = now() + Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE);
      failures++;
    },
    opened() {
      failures = 0;
    },
  };
}
