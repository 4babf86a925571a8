import { claimsSources } from '../../protocol/claims/claims-sources.ts';
import { trial } from '../../protocol/features/check-settings.ts';
import type { Feature } from '../../protocol/features/feature.ts';
import { add } from '../../protocol/features/kinds.ts';
import { configuredLimit, fixedLimit } from '../../protocol/features/limit.ts';
import { maxUrlLength } from '../../protocol/outgoing/check-url.ts';
import { createHttpFetch, maxHeaderSize } from '../fetch/safe-fetch.ts';
import { httpClaimsSourceProperties } from './http-properties.ts';
import { createHttpClaimsSource, maxAnswer } from './http-source.ts';

const failed = { effect: 'The source has failed: `op.claimsSource.errors`' } as const;

/** The claims source behind a web service. */
export const httpClaimsFeature: Feature = {
  name: 'httpClaims',
  title: 'Claims source: HTTP',
  properties: httpClaimsSourceProperties,
  limits: [
    fixedLimit('URL of an outgoing request', maxUrlLength, 'characters', failed),
    fixedLimit('Headers of an answer to one', maxHeaderSize, 'bytes', failed),
    fixedLimit('Answer of the service', maxAnswer, 'bytes', failed),
    configuredLimit('Time to connect', httpClaimsSourceProperties.connectTimeout, failed),
    configuredLimit('Time to wait for data; five times that in all', httpClaimsSourceProperties.readTimeout, failed),
  ],
  check(settingsOf) {
    const settings = settingsOf(httpClaimsSourceProperties);
    if (!settings.enable) return [];
    const fetch = () => Promise.reject(new Error('nothing is fetched in a trial'));
    const make = () => createHttpClaimsSource({ settings, fetch: { fetch } });
    return trial('op.httpClaimsSource.*', 'See docs/reference/config.md.', make);
  },
  registers({ settingsOf }) {
    const settings = settingsOf(httpClaimsSourceProperties);
    const { enable: enabled, supportedClaims, trustSelfSignedCerts } = settings;
    return [
      add(claimsSources, {
        name: 'http',
        enabled,
        supportedClaims,
        property: httpClaimsSourceProperties.supportedClaims.name,
        open: () => createHttpClaimsSource({ settings, fetch: createHttpFetch({ trustSelfSignedCerts }) }),
      }),
    ];
  },
};
