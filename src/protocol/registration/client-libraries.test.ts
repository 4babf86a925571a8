import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { expect, test } from 'vitest';
import { createRegistrations, masterToken, type Registrations } from '../../testing/fake-caller.ts';

const metadata = {
  redirect_uris: ['https://client.example.org/cb'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  client_name: 'Interop',
};
const server = {
  issuer: 'https://op.example.com',
  registration_endpoint: 'https://op.example.com/clients',
  authorization_endpoint: 'https://op.example.com/login',
};

/** The registration resource as a `fetch`. */
function fetchFrom(registrations: Registrations) {
  return async (url: string, init: { method?: string; headers?: object; body?: unknown }): Promise<Response> => {
    if (url.endsWith('/.well-known/openid-configuration')) return Response.json(server);
    const headers = Object.fromEntries(new Headers(Object.entries(init.headers ?? {})));
    const raw = typeof init.body === 'string' ? init.body : '';
    const { status, headers: answered, body } = await registrations.call({ method: 'POST', headers, raw });
    return new Response(JSON.stringify(body), { status, headers: answered });
  };
}

test('oauth4webapi registers with an initial token', async () => {
  const registrations = createRegistrations();
  const response = await oauth.dynamicClientRegistrationRequest(server, metadata, {
    initialAccessToken: masterToken,
    [oauth.customFetch]: fetchFrom(registrations),
  });
  const registered = await oauth.processDynamicClientRegistrationResponse(response);
  expect(registered).toMatchObject({ client_id: expect.any(String), client_secret_expires_at: 0, ...metadata });
});

test('oauth4webapi understands a refusal', async () => {
  const registrations = createRegistrations({ registration: { allowOpenRegistration: true } });
  const wrong = { ...metadata, redirect_uris: ['https://client.example.org/cb#foobar'] };
  const response = await oauth.dynamicClientRegistrationRequest(server, wrong, {
    [oauth.customFetch]: fetchFrom(registrations),
  });
  await expect(oauth.processDynamicClientRegistrationResponse(response)).rejects.toMatchObject({
    error: 'invalid_redirect_uri',
  });
});

test('openid-client discovers, registers and is configured by the answer', async () => {
  const registrations = createRegistrations({ registration: { allowOpenRegistration: true } });
  const config = await client.dynamicClientRegistration(new URL(server.issuer), metadata, undefined, {
    [client.customFetch]: fetchFrom(registrations),
  });
  const stored = registrations.clients.get(config.clientMetadata().client_id);
  expect(config.clientMetadata().client_secret).toBe(stored?.client_secret);
  expect(stored?.metadata).toMatchObject(metadata);
});
