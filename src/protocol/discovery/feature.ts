import { fatal } from '../../config/problem.ts';
import { isJsonObject } from '../../domain/json.ts';
import { openToAll } from '../features/access.ts';
import { json } from '../features/body-shape.ts';
import type { Feature, RouteDeclaration } from '../features/feature.ts';
import { createDiscoveryEndpoint } from './discovery-endpoint.ts';
import { discoveryProperties } from './properties.ts';

const document = {
  method: 'GET',
  wellKnown: true,
  access: openToAll,
  response: json(),
  endpoint: createDiscoveryEndpoint,
} satisfies Partial<RouteDeclaration>;

const place = '/.well-known/openid-configuration';

/** The provider's metadata at both well-known places (OpenID Connect Discovery, section 4; RFC 8414, sections 3 and 5). */
export const discoveryFeature: Feature = {
  name: 'discovery',
  title: 'OpenID provider metadata',
  place,
  properties: discoveryProperties,
  check(settingsOf) {
    const { metadataOverlay } = settingsOf(discoveryProperties);
    if (metadataOverlay === undefined || isJsonObject(metadataOverlay)) return [];
    return [fatal('op.metadataOverlay', 'is not a JSON object', 'Expected { "member" : value, ... }.')];
  },
  routes: [
    { ...document, path: place, purpose: 'Provider metadata (OpenID Connect Discovery 1.0)' },
    { ...document, path: '/.well-known/oauth-authorization-server', purpose: 'The same document (RFC 8414)' },
  ],
};
