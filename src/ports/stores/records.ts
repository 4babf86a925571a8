/** A kind of short-lived records. Its name is unique in the server, and part of what is stored: it never changes. */
export interface RecordKind<T> {
  readonly name: string;
  /** Never present: it carries the type of the records. */
  readonly record?: T;
}

/** Declares a kind of records. */
export function recordKind<T>(name: string): RecordKind<T> {
  return { name };
}

/** A record with the version that a change must name. */
export interface Versioned<T> {
  readonly version: number;
  readonly value: T;
}

/**
 * Short-lived records of one kind, JSON objects under keys that are hashes of what is presented. Each operation is atomic,
 * between processes too. A record counts as absent from the very second of its expiry on.
 */
export interface RecordStore<T> {
  /** Keeps a new record of version 1 until `expiresAt`, Unix seconds. Rejects when the key is taken. */
  create(key: string, value: T, expiresAt: number): Promise<void>;
  get(key: string): Promise<Versioned<T> | undefined>;
  /** Writes `value` as version `version + 1` if the current version is `version`. True for exactly one of several callers. */
  replace(key: string, version: number, value: T): Promise<boolean>;
  /** Removes the record, if `version` is given only that one, and answers it to exactly one of several callers. */
  take(key: string, version?: number): Promise<T | undefined>;
  count(): Promise<number>;
}
