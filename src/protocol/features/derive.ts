import type { PropertyGroups } from '../../config/load-settings.ts';
import { metadataShares } from '../discovery/metadata.ts';
import { clientMembers } from '../registration/client-member.ts';
import type { Feature, Services } from './feature.ts';
import { type Additions, add, bothAdd, gatherAdditions } from './kinds.ts';

/** The declared properties, by the name of the feature. */
export function propertyGroupsOf(features: readonly Feature[]): PropertyGroups {
  return Object.fromEntries(features.flatMap(({ name, properties }) => (properties ? [[name, properties]] : [])));
}

/**
 * Everything that the features add, to be looked up by kind and name. Throws an `Error` that names both features when two add the
 * same thing, and whatever a feature throws that cannot make what it adds.
 */
export function additionsOf(features: readonly Feature[], services: Services): Additions {
  return gatherAdditions(
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

/**
 * Refuses features that cannot stand beside each other: each name, route and kind of records belongs to one. Throws an `Error`
 * that names both features. (Properties are held against each other where they are loaded, and wire names where they are gathered.)
 */
export function refuseCollisions(features: readonly Feature[]): void {
  const owners = new Map<string, string>();
  for (const feature of features) {
    for (const what of exclusive(feature)) {
      const other = owners.get(what);
      if (other !== undefined) throw new Error(bothAdd(what, other, feature.name));
      owners.set(what, feature.name);
    }
  }
}

function exclusive({ name, routes = [], records = [] }: Feature): readonly string[] {
  return [
    `name ${name}`,
    // Paths that differ only in the names of their parameters are one.
    ...routes.map(({ method, path }) => `route ${method} ${path.replaceAll(/\{[^}]*\}/g, '{}') || '/'}`),
    ...records.map((kind) => `kind of records ${kind.name}`),
  ];
}
