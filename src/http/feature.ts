import { fatal, type SettingsProblem, warning } from '../config/problem.ts';
import type { Property } from '../config/property.ts';
import type { SettingsReader } from '../config/settings-reader.ts';
import { pathFault } from '../domain/url-path.ts';
import type { Declared, Feature } from '../protocol/features/feature.ts';
import { configuredLimit, fixedLimit } from '../protocol/features/limit.ts';
import { maxHeaderNames } from './cors.ts';
import { closingTime } from './drain.ts';
import { maxHead } from './head-limit.ts';
import { httpProperties } from './properties.ts';

/** How a property is called that limits the body of a request for an endpoint alone. */
const ownLimit = 'httpMaxRequestSize';

const cut = { effect: 'The connection is cut, `OP9003`' } as const;

/** The listener, and what browsers of other origins may do. */
export const httpFeature: Feature = {
  name: 'http',
  title: 'HTTP and CORS',
  properties: httpProperties,
  limits: [
    configuredLimit('Connections at one time', httpProperties.maxConnections, {
      effect: 'The connection is closed at once, `OP9004`',
    }),
    configuredLimit('Time for a request to arrive', httpProperties.requestTimeout, { effect: '408, and the end' }),
    configuredLimit('Time for which an idle connection is kept', httpProperties.keepAliveTimeout, {
      effect: 'The connection is closed',
    }),
    fixedLimit('Head of a request; more where `authzStore.accessToken.maxSize` asks for it', maxHead, 'bytes', {
      effect: '431, and the end',
    }),
    configuredLimit('Body of a request, of all', httpProperties.bodyLimit, { error: 'body-too-large' }),
    configuredLimit('Time for an answer to be read', httpProperties.writeTimeout, cut),
    configuredLimit('Answers that wait for one reader', httpProperties.maxUnreadPerConnection, cut),
    configuredLimit('Answers that wait for all readers', httpProperties.maxUnread, cut),
    fixedLimit('Header names in a preflight request', maxHeaderNames, 'characters', { effect: 'They are not allowed' }),
    fixedLimit('Time for running requests when the server ends', closingTime, 'milliseconds', {
      effect: 'They are cut',
    }),
  ],
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
