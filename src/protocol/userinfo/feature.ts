import type { Route } from '../context.ts';
import { byAccessToken } from '../features/access.ts';
import { form, json } from '../features/body-shape.ts';
import type { Feature, RouteDeclaration } from '../features/feature.ts';
import { createUserInfoEndpoint } from './userinfo-endpoint.ts';

const place = '/userinfo';

/** The UserInfo endpoint (OpenID Connect Core, section 5.3). */
export const userInfoFeature: Feature = {
  name: 'userinfo',
  title: 'UserInfo',
  place,
  routes: [route('GET'), { ...route('POST'), request: form({ access_token: 'string?' }) }],
  metadata: ({ issuer }) => ({ userinfo_endpoint: `${issuer}${place}` }),
};

function route(method: Route['method']): RouteDeclaration {
  return {
    method,
    path: place,
    purpose: 'Claims of the subject (OpenID Connect Core 1.0, section 5.3)',
    access: byAccessToken('openid'),
    response: json({ sub: 'string' }),
    endpoint: createUserInfoEndpoint,
  };
}
