import { authorizationSessions } from '../../protocol/authorize/authorization-session.ts';
import type { Feature } from '../../protocol/features/feature.ts';
import { authzSessionRoutes, authzSessionsPlace } from './routes.ts';

/** The web API by which a login page has authorization requests served. Its properties are those of the requests. */
export const authzSessionsFeature: Feature = {
  name: 'authzSessions',
  title: 'Authorisation sessions',
  place: authzSessionsPlace,
  routes: authzSessionRoutes,
  gauges: ({ stores }) => ({ 'authzSessionStore.numSessions': () => stores.records(authorizationSessions).count() }),
};
