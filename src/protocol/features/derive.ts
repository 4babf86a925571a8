import type { PropertyGroups } from '../../config/load-settings.ts';
import { allEvents } from '../../events/catalogue.ts';
import type { EventEntry } from '../../events/event.ts';
import type { HealthCheck } from '../../ports/health-check.ts';
import type { Provider } from '../context.ts';
import { metadataShares } from '../discovery/metadata.ts';
import { clientMembers } from '../registration/client-member.ts';
import type { Assembly, Feature, Services } from './feature.ts';
import { add, createClaims, createRegistry, type Registry } from './kinds.ts';

/** The declared properties, by the name of the feature. */
export function propertyGroupsOf(features: readonly Feature[]): PropertyGroups {
  return Object.fromEntries(features.flatMap(({ name, properties }) => (properties ? [[name, properties]] : [])));
}

/**
 * Everything that the features add, to be looked up by kind and name. Throws an `Error` that names both features when two add the
 * same thing, and whatever a feature throws that cannot make what it adds.
 */
export function registryOf(features: readonly Feature[], services: Services): Registry {
  return createRegistry(
    features.map(({ name, clientMetadata = [], metadata, registers }) => ({
      feature: name,
      additions: [
        add(clientMembers, ...clientMetadata),
        ...(metadata ? [add(metadataShares, { name, of: metadata })] : []),
        ...(registers?.(services) ?? []),
      ],
    })),
  );
}

/** The gauges of all features by name. Throws an `Error` that names both features when two have the same. */
export function gaugesOf(features: readonly Feature[], provider: Provider): ReadonlyMap<string, () => Promise<number>> {
  const gauges = new Map<string, () => Promise<number>>();
  const claim = createClaims();
  for (const feature of features) {
    for (const [name, count] of Object.entries(feature.gauges?.(provider) ?? {})) {
      claim(`gauge ${name}`, feature.name);
      gauges.set(name, count);
    }
  }
  return gauges;
}

/** The checks of health of all features. Throws an `Error` that names both features when two have the same name. */
export function healthChecksOf(assembly: Assembly): readonly HealthCheck[] {
  const claim = createClaims();
  return assembly.features.flatMap(({ name, health }) => {
    const checks = health?.(assembly) ?? [];
    for (const check of checks) claim(`health check ${check.name}`, name);
    return checks;
  });
}

/**
 * Refuses features that cannot stand beside each other: each name, route, kind of records and event belongs to one, and what is in
 * the catalogue of events to the server. Throws an `Error` that names both features. (Properties are held against each other where they are loaded, and the rest where it is gathered.)
 */
export function refuseCollisions(features: readonly Feature[]): void {
  const claim = createClaims();
  for (const what of eventsIn(allEvents)) claim(what, 'server');
  for (const feature of features) for (const what of exclusive(feature)) claim(what, feature.name);
}

function exclusive({ name, routes = [], records = [], events = {} }: Feature): readonly string[] {
  return [
    `name ${name}`,
    // Paths that differ only in the names of their parameters are one.
    ...routes.map(({ method, path }) => `route ${method} ${path.replaceAll(/\{[^}]*\}/g, '{}') || '/'}`),
    ...records.map((kind) => `kind of records ${kind.name}`),
    ...eventsIn(Object.values(events)),
  ];
}

/** Identifiers and meters, each once: several events may share one. */
function eventsIn(entries: readonly EventEntry[]): ReadonlySet<string> {
  return new Set(
    entries.flatMap(({ id, meter }) => [
      ...(id === undefined ? [] : [`event ${id}`]),
      ...(meter === undefined ? [] : [`meter ${meter}`]),
    ]),
  );
}
