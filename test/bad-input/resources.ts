/** A resource of the server and the methods that it serves, beside `HEAD` and `OPTIONS`. */
export interface ServedResource {
  readonly path: string;
  readonly methods: readonly string[];
}

const authz = '/authz-sessions/rest/v3';
const sessions = '/session-store/rest/v2';

/** What is served, as the reference has it. */
export const resources: readonly ServedResource[] = [
  { path: '/.well-known/openid-configuration', methods: ['GET'] },
  { path: '/.well-known/oauth-authorization-server', methods: ['GET'] },
  { path: '/jwks.json', methods: ['GET'] },
  { path: '/clients', methods: ['GET', 'POST'] },
  { path: '/clients/nobody', methods: ['GET', 'PUT', 'DELETE'] },
  { path: '/token', methods: ['POST'] },
  { path: '/token/introspect', methods: ['POST'] },
  { path: '/token/revoke', methods: ['POST'] },
  { path: '/userinfo', methods: ['GET', 'POST'] },
  { path: authz, methods: ['POST'] },
  { path: `${authz}/nobody`, methods: ['GET', 'PUT', 'DELETE'] },
  { path: `${authz}/nobody/data`, methods: ['GET', 'PUT', 'DELETE'] },
  { path: `${sessions}/sessions`, methods: ['GET', 'POST', 'DELETE'] },
  { path: `${sessions}/sessions/subject-auth`, methods: ['PUT'] },
  { path: `${sessions}/sessions/subject-auth-life`, methods: ['PUT'] },
  { path: `${sessions}/sessions/claims`, methods: ['GET', 'PUT', 'DELETE'] },
  { path: `${sessions}/sessions/data`, methods: ['GET', 'PUT', 'DELETE'] },
  { path: `${sessions}/sessions/rps`, methods: ['GET', 'PUT', 'DELETE'] },
  { path: `${sessions}/sessions/count`, methods: ['GET'] },
  { path: `${sessions}/subjects`, methods: ['GET'] },
  { path: `${sessions}/subjects/count`, methods: ['GET'] },
  { path: '/monitor/v1/ping', methods: ['GET'] },
  { path: '/monitor/v1/healthcheck', methods: ['GET'] },
  { path: '/monitor/v1/metrics', methods: ['GET'] },
  { path: '/monitor/v1/prometheus', methods: ['GET'] },
  { path: '/monitor/v1/threads', methods: ['GET'] },
  { path: '/config/check', methods: ['POST'] },
  { path: '', methods: ['GET'] },
];
