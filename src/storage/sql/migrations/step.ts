import type { Events } from '../../../ports/events.ts';
import type { Script, SqlEngine } from '../engine.ts';
import type { SqlDialect } from '../schema.ts';

/**
 * Statements of a released step, one a line, each ending in a semicolon. Frozen: what is released is never edited, and is
 * built from nothing that may change.
 */
export type FrozenText = Readonly<Record<SqlDialect, string>>;

/** What the conversion of rows works with. */
export interface Conversion {
  readonly engine: SqlEngine;
  /** Unix seconds. */
  readonly now: number;
  readonly events: Events;
}

/** A step of the schema: statements and conversions, in order. */
export interface MigrationStep {
  readonly version: number;
  readonly name: string;
  readonly parts: readonly (FrozenText | ((conversion: Conversion) => Script<void>))[];
}
