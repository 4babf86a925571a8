import { fatal, type SettingsProblem, warning } from '../../config/problem.ts';
import type { Kind, Named, Registry } from './kinds.ts';

/** A property that offers things of a kind by their names. */
interface Offer {
  readonly property: string;
  readonly configured: readonly string[];
  readonly kind: Kind<Named>;
  /** Standard names of things that no built-in feature adds: a configuration may name them, to no effect. */
  readonly standard: readonly string[];
}

/** Problems with the names in a property that says which things of a kind are offered. */
export function checkOffer(
  registry: Registry,
  { property, configured, kind, standard }: Offer,
): readonly SettingsProblem[] {
  const known = registry.of(kind);
  const offered = `Expected some of: ${[...known.keys()].join(', ')}.`;
  const problems = configured
    .filter((name) => !known.has(name))
    .map((name) =>
      standard.includes(name)
        ? warning(property, `${name} is not supported and has no effect`, offered)
        : fatal(property, `${name} is unknown`, offered),
    );
  if (configured.some((name) => known.has(name))) return problems;
  return [...problems, fatal(property, 'leaves nothing that is supported', offered)];
}
