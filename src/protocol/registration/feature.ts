import { type SettingsProblem, warning } from '../../config/problem.ts';
import { maxUriLength } from '../../domain/redirect-uri.ts';
import { maxRereads } from '../clients/client-directory.ts';
import type { Provider, Route } from '../context.ts';
import type { Access } from '../features/access.ts';
import { json, type Members } from '../features/body-shape.ts';
import type { Feature, RouteDeclaration } from '../features/feature.ts';
import { configuredLimit, fixedLimit } from '../features/limit.ts';
import { registrationScope } from '../reserved-scope.ts';
import { generalClientMembers } from './client-members.ts';
import { maxKeys, rsaBounds } from './jwks-check.ts';
import { maxListed } from './list-clients.ts';
import { logoutMembers } from './logout-members.ts';
import { maxMetadataItems, maxMetadataText } from './metadata-check.ts';
import { type RegistrationSettings, registrationProperties } from './properties.ts';
import { createRegistrationEndpoints, type RegistrationEndpoints } from './registration-endpoints.ts';
import { maxFormerSecrets } from './update-client.ts';

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
  limits: [
    configuredLimit('Body of a request', registrationProperties.httpMaxRequestSize, { error: 'body-too-large' }),
    fixedLimit('A text of the metadata', maxMetadataText, 'characters', { error: 'invalid-client-metadata' }),
    fixedLimit('A redirection URI', maxUriLength, 'characters', { error: 'invalid-redirect-uri' }),
    fixedLimit('Items of a list of the metadata', maxMetadataItems, '', { error: 'invalid-client-metadata' }),
    fixedLimit('Keys of a client (`jwks`)', maxKeys, '', { error: 'invalid-client-metadata' }),
    fixedLimit('Clients in a page of the list (`limit`)', maxListed, '', { error: 'invalid-parameter' }),
    fixedLimit('RSA key of a client', rsaBounds.maxBits, 'bits', { error: 'invalid-client-metadata' }),
    configuredLimit('Metadata of a client in all', registrationProperties.metadataMaxSize, {
      error: 'invalid-client-metadata',
    }),
    fixedLimit('Replaced secrets of a client that are accepted', maxFormerSecrets, '', {
      effect: 'A further one is refused until the first has ended',
    }),
    configuredLimit('Registrations that a process keeps in memory', registrationProperties.clientCacheSize, {
      effect: 'Others are read again',
    }),
    fixedLimit('Reads of a client in a second that refusals cause', maxRereads, '', { effect: 'It is not read again' }),
  ],
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
