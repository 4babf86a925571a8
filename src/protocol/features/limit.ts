import type { Property } from '../../config/property.ts';
import type { ErrorId } from '../../errors/catalogue.ts';

/** What is bounded, as the reference of limits shows it. The code goes by the same constant or property. */
export interface Limit {
  /** What is counted, in Markdown. */
  readonly what: string;
  /** The bound; of a property the default. */
  readonly number: number;
  /** What the number counts, e.g. `bytes`; empty where `what` says it. */
  readonly unit: string;
  /** The property that sets it; `undefined` where it is fixed. */
  readonly property: string | undefined;
  /** What happens beyond it: an error of the catalogue, or something else, in Markdown. */
  readonly beyond: Consequence;
}

/** What happens beyond a limit. */
export type Consequence = { readonly error: ErrorId } | { readonly effect: string };

/** A limit that stands in the code: `fixedLimit('Levels of JSON', maxJsonDepth, '', { error: 'malformed-json' })`. */
export function fixedLimit(what: string, number: number, unit: string, beyond: Consequence): Limit {
  return { what, number, unit, property: undefined, beyond };
}

/** A limit that a property sets. */
export function configuredLimit(what: string, property: Property<number>, beyond: Consequence): Limit {
  const unit = /\((.+)\)/.exec(property.type)?.[1] ?? '';
  return { what, number: property.defaultValue, unit, property: property.name, beyond };
}
