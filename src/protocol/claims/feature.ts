import { fatal, type SettingsProblem } from '../../config/problem.ts';
import { trial } from '../features/check-settings.ts';
import type { Feature } from '../features/feature.ts';
import type { Registry } from '../features/kinds.ts';
import { claimsSources } from './claims-sources.ts';
import { claimsOverlap } from './create-claims-service.ts';
import { claimsProperties } from './properties.ts';
import { scopeClaims } from './scope-claims.ts';

/** The claims of subjects, from whichever sources there are. */
export const claimsFeature: Feature = {
  name: 'claims',
  title: 'Claims',
  properties: claimsProperties,
  check(settingsOf, { registry }) {
    const { map } = settingsOf(claimsProperties);
    const remedy = 'Name the claims of the scope value, or remove the property.';
    return [...trial(`${claimsProperties.map.name}.*`, remedy, () => scopeClaims(map)), ...overlap(registry)];
  },
  metadata: () => ({ claim_types_supported: ['normal', 'aggregated', 'distributed'] }),
};

function overlap(registry: Registry): readonly SettingsProblem[] {
  const enabled = [...registry.of(claimsSources).values()].filter((source) => source.enabled);
  const message = claimsOverlap(enabled);
  return message === undefined ? [] : [fatal(enabled.at(-1)?.property ?? '', message, '')];
}
