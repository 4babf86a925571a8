import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoApiToken } from '../../demo.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

const metadata = {
  redirect_uris: ['https://client.example.org/cb'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  client_name: 'Interop',
};
const insecure = { [oauth.allowInsecureRequests]: true };

let server: TestServer;
let as: oauth.AuthorizationServer;
beforeAll(async () => {
  server = await startTestServer({ properties: { 'op.reg.allowOpenRegistration': 'true' } });
  as = { issuer: server.issuer, registration_endpoint: `${server.issuer}/clients` };
});
afterAll(() => server.close());

test('oauth4webapi registers with an initial token', async () => {
  const response = await oauth.dynamicClientRegistrationRequest(as, metadata, {
    initialAccessToken: demoApiToken,
    ...insecure,
  });
  const registered = await oauth.processDynamicClientRegistrationResponse(response);
  expect(registered).toMatchObject({ client_id: expect.any(String), client_secret_expires_at: 0, ...metadata });
});

test('oauth4webapi understands a refusal', async () => {
  const wrong = { ...metadata, redirect_uris: ['https://client.example.org/cb#foobar'] };
  const response = await oauth.dynamicClientRegistrationRequest(as, wrong, insecure);
  await expect(oauth.processDynamicClientRegistrationResponse(response)).rejects.toMatchObject({
    error: 'invalid_redirect_uri',
  });
});

test('openid-client discovers, registers and is configured by the answer', async () => {
  const config = await client.dynamicClientRegistration(new URL(server.issuer), metadata, undefined, {
    execute: [client.allowInsecureRequests],
  });
  const stored = await server.provider.stores.clients.get(config.clientMetadata().client_id);
  expect(config.clientMetadata().client_secret).toBe(stored?.client_secret);
  expect(stored?.metadata).toMatchObject(metadata);
});
