import { ask, type Script, type SqlEngine } from './engine.ts';
import type { Args, Statement } from './statement.ts';

/** How often a change is tried without a lock before it waits for the row. */
const OPTIMISTIC_ATTEMPTS = 3;
/** How often a change under the lock may meet a row that came or went beneath it. */
const LOCKED_ATTEMPTS = 20;

/** The statements that a change of one row consists of. `K` names the row. */
export interface RowChange<K extends Args, Row extends { readonly version: number }, T> {
  readonly engine: SqlEngine;
  readonly key: K;
  readonly select: Statement<K, Row>;
  /** The same select, holding the row until the end of the transaction. */
  readonly lock: Statement<K, Row>;
  /** What to answer and what to write for the current row, if anything. Pure; may run again. */
  decide(row: Row | undefined): Decision<T> | undefined;
}

/** What becomes of a row; without a write things stay as they are. */
export interface Decision<T> {
  readonly value: T;
  readonly write: Write | undefined;
}

/** A conditional write: it counts 1 when the row was still as it was read, else 0. */
export type Write = () => Script<{ readonly count: number }>;

/**
 * Reads a row, decides, and writes on condition that nobody else wrote in between; answers the decided value or `undefined`.
 * No concurrent change is lost: a few attempts go without a lock, since conflicts are rare and that saves round trips, and
 * then the row is locked, so that a crowd on one row gets through one by one.
 */
export async function changeRow<K extends Args, Row extends { readonly version: number }, T>(
  change: RowChange<K, Row, T>,
): Promise<T | undefined> {
  const { engine } = change;
  if (engine.optimistic) {
    for (let attempt = 0; attempt < OPTIMISTIC_ATTEMPTS; attempt++) {
      const { rows } = await engine.read(change.select, change.key);
      const decision = change.decide(rows[0]);
      const write = decision?.write;
      if (!write) return decision?.value;
      const outcome = await engine.runOne(write);
      if (outcome.count > 0) return decision.value;
    }
  }
  for (let attempt = 0; attempt < LOCKED_ATTEMPTS; attempt++) {
    const outcome = await engine.transaction(() => locked(change));
    if (outcome !== 'conflict') return outcome?.value;
  }
  throw new Error(`Statement ${change.select.name}: the row kept changing, given up after ${LOCKED_ATTEMPTS} attempts`);
}

function* locked<K extends Args, Row extends { readonly version: number }, T>(
  change: RowChange<K, Row, T>,
): Script<'conflict' | { readonly value: T } | undefined> {
  const { rows } = yield* ask(change.lock, change.key);
  const decision = change.decide(rows[0]);
  if (!decision?.write) return decision;
  const outcome = yield* decision.write();
  return outcome.count > 0 ? { value: decision.value } : 'conflict';
}
