import type { Clock } from '../../ports/clock.ts';
import type { RecordStore } from '../../ports/stores/records.ts';
import type { FollowUp } from '../../ports/stores/subject-sessions.ts';
import { countLive, createExpiringMap, type Expiring, type ExpiringMap } from './expiring-map.ts';
import { refuseTaken } from './taken.ts';

interface Entry extends Expiring {
  /** JSON text: long-lived object graphs would burden the garbage collector. */
  readonly payload: string;
  readonly version: number;
}

/** The short-lived records of a tenant. */
export interface MemoryRecords {
  /** The store of the kind of this name. */
  ofKind<T>(kind: string): RecordStore<T>;
  /** Writes follow-ups that are not on record. */
  follow(entries: readonly FollowUp[]): void;
  /** One for each kind. */
  sweeps(): readonly ExpiringMap<Expiring>['sweep'][];
}

/** Each kind keeps at most `capacity` records. */
export function createRecords(clock: Clock, capacity: number): MemoryRecords {
  const kinds = new Map<string, { readonly entries: ExpiringMap<Entry>; readonly store: RecordStore<unknown> }>();

  function open(kind: string) {
    let opened = kinds.get(kind);
    if (!opened) {
      const entries = createExpiringMap<Entry>(capacity);
      opened = { entries, store: createRecordStore(clock, kind, entries) };
      kinds.set(kind, opened);
    }
    return opened;
  }

  return {
    // The kind stands for the type of its records; what is stored under its name was written as such.
    ofKind: <T>(kind: string) => open(kind).store as RecordStore<T>,
    follow(followUps) {
      for (const { kind, key, value, expiresAt } of followUps) {
        const { entries } = open(kind);
        if (entries.get(key, clock.now())) continue;
        entries.set(key, { payload: JSON.stringify(value), version: 1, expiresAt });
      }
    },
    sweeps: () => [...kinds.values()].map(({ entries }) => entries.sweep),
  };
}

function createRecordStore(clock: Clock, kind: string, entries: ExpiringMap<Entry>): RecordStore<unknown> {
  return {
    async create(key, value, expiresAt) {
      refuseTaken(entries.get(key, clock.now()), `Record of kind ${kind}`);
      entries.set(key, { payload: JSON.stringify(value), version: 1, expiresAt });
    },
    async get(key) {
      const entry = entries.get(key, clock.now());
      return entry && { version: entry.version, value: JSON.parse(entry.payload) };
    },
    async replace(key, version, value) {
      const entry = entries.get(key, clock.now());
      if (entry?.version !== version) return false;
      entries.set(key, { payload: JSON.stringify(value), version: version + 1, expiresAt: entry.expiresAt });
      return true;
    },
    async take(key, version) {
      const entry = entries.get(key, clock.now());
      if (!entry || (version !== undefined && entry.version !== version)) return undefined;
      entries.delete(key);
      return JSON.parse(entry.payload);
    },
    count: async () => countLive(entries, clock.now()),
  };
}
