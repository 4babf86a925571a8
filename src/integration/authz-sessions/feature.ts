import { authorizationSessions } from '../../protocol/authorize/authorization-session.ts';
import type { Feature } from '../../protocol/features/feature.ts';
import { fixedLimit } from '../../protocol/features/limit.ts';
import { bodyLimit } from '../body-limit.ts';
import { maxDataLength } from './authz-sessions-api.ts';
import { authzSessionRoutes, authzSessionsPlace } from './routes.ts';

/** The web API by which a login page has authorization requests served. Its properties are those of the requests. */
export const authzSessionsFeature: Feature = {
  name: 'authzSessions',
  title: 'Authorisation sessions',
  place: authzSessionsPlace,
  routes: authzSessionRoutes,
  limits: [
    fixedLimit('Body of a call', bodyLimit, 'bytes', { error: 'body-too-large' }),
    fixedLimit('Data that a login page keeps with a session, as JSON', maxDataLength, 'characters', {
      error: 'invalid-parameter',
    }),
  ],
  gauges: ({ stores }) => ({ 'authzSessionStore.numSessions': () => stores.records(authorizationSessions).count() }),
};
