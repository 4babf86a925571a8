import { type SettingsProblem, warning } from '../../config/problem.ts';
import type { Provider, Route } from '../context.ts';
import type { Access } from '../features/access.ts';
import { json, type Members } from '../features/body-shape.ts';
import type { Feature, RouteDeclaration } from '../features/feature.ts';
import { registrationScope } from '../reserved-scope.ts';
import { generalClientMembers } from './client-members.ts';
import { logoutMembers } from './logout-members.ts';
import { type RegistrationSettings, registrationProperties } from './properties.ts';
import { createRegistrationEndpoints, type RegistrationEndpoints } from './registration-endpoints.ts';

const place = '/clients';

/** What an answer says, beside the metadata (RFC 7591, section 3.2.1; RFC 7592, section 3). */
const information: Members = {
  client_id: 'string',
  client_id_issued_at: 'number',
  client_secret: 'string?',
  client_secret_expires_at: 'number?',
  registration_client_uri: 'string',
  registration_access_token: 'string?',
};

const master: Access = { by: 'api-token', group: registrationProperties, inQuery: false, guarded: false };

/** Client registration: OpenID Connect Dynamic Client Registration 1.0, RFC 7591 and RFC 7592. */
export const registrationFeature: Feature = {
  name: 'registration',
  title: 'Client registration',
  place,
  properties: registrationProperties,
  check: (settingsOf) => weaknesses(settingsOf(registrationProperties)),
  routes: [
    {
      ...route('POST', place, 'Register a client (RFC 7591)', 'register'),
      access: [master, { by: 'access-token', scope: registrationScope }],
      request: json(),
      response: json(information),
    },
    {
      ...route('GET', place, 'List the clients', 'list'),
      access: [master],
      query: { limit: 'string?', after: 'string?' },
      response: json(),
    },
    { ...managing('GET', 'read'), response: json(information) },
    { ...managing('PUT', 'update'), request: json(), response: json(information) },
    managing('DELETE', 'remove'),
  ],
  metadata: ({ issuer }) => ({ registration_endpoint: `${issuer}${place}` }),
  clientMetadata: [...generalClientMembers, ...logoutMembers],
  gauges: ({ stores }) => ({ 'clientStore.numRegistrations': () => stores.clients.count() }),
};

function managing(method: Route['method'], action: keyof RegistrationEndpoints): RouteDeclaration {
  const managed = route(method, `${place}/{client_id}`, 'Read, update, remove a client (RFC 7592)', action);
  return { ...managed, access: [master, { by: 'registration-token' }] };
}

function route(method: Route['method'], path: string, purpose: string, action: keyof RegistrationEndpoints) {
  const endpoint = (provider: Provider) => createRegistrationEndpoints(provider)[action];
  return { method, path, purpose, endpoint };
}

function weaknesses(settings: RegistrationSettings): readonly SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  if (settings.allowLocalhostRedirectionUrisForTest) {
    const property = registrationProperties.allowLocalhostRedirectionUrisForTest.name;
    problems.push(warning(property, 'is for tests only', 'Turn it off in production.'));
  }
  if (!settings.rejectNonTlsRedirectionUris) {
    const property = registrationProperties.rejectNonTlsRedirectionUris.name;
    problems.push(warning(property, 'lets codes travel over plain http', 'Turn it on in production.'));
  }
  if (!settings.denyPrivateAddresses) {
    const property = registrationProperties.denyPrivateAddresses.name;
    problems.push(warning(property, 'lets clients have the server ask its own network', 'Turn it on in production.'));
  }
  return problems;
}
