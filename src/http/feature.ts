import { fatal, type SettingsProblem, warning } from '../config/problem.ts';
import type { Property } from '../config/property.ts';
import type { SettingsReader } from '../config/settings-reader.ts';
import { pathFault } from '../domain/url-path.ts';
import type { Declared, Feature } from '../protocol/features/feature.ts';
import { httpProperties } from './properties.ts';

/** How a property is called that limits the body of a request for an endpoint alone. */
const ownLimit = 'httpMaxRequestSize';

/** The listener, and what browsers of other origins may do. */
export const httpFeature: Feature = {
  name: 'http',
  title: 'HTTP and CORS',
  properties: httpProperties,
  check: (settingsOf, { features }) => [...contextPathProblems(settingsOf), ...limitProblems(settingsOf, features)],
};

function contextPathProblems(settingsOf: SettingsReader): readonly SettingsProblem[] {
  const fault = pathFault(settingsOf(httpProperties).contextPath ?? '');
  return fault === undefined ? [] : [fatal('http.contextPath', fault, 'Expected a path such as /op, or / for none.')];
}

function limitProblems(settingsOf: SettingsReader, features: Declared['features']): readonly SettingsProblem[] {
  const { bodyLimit } = settingsOf(httpProperties);
  return features.flatMap(({ properties }) => {
    const property: Property<unknown> | undefined = properties?.[ownLimit];
    const size = properties && settingsOf(properties)[ownLimit];
    if (property === undefined || typeof size !== 'number' || size <= bodyLimit) return [];
    const message = `is more than http.bodyLimit=${bodyLimit}, which comes first`;
    return [warning(property.name, message, 'Raise http.bodyLimit.')];
  });
}
