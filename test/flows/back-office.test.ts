import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { object, text } from '../../src/testing/caller/values.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    path: '/c2id',
    properties: {
      'op.reg.allowLocalhostRedirectionURIsForTest': 'true',
      'op.reg.rejectNonTLSRedirectionURIs': 'false',
    },
  });
});
afterAll(() => server.close());

describe('scripts of administrators', () => {
  test('register a client with the master token', async () => {
    const response = await server.call('POST', '/clients', {
      client_name: 'My app',
      redirect_uris: ['https://client.example.org/cb'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: 'openid email',
      token_endpoint_auth_method: 'client_secret_basic',
      // Not a member that any specification knows.
      token_exchange_enabled: true,
    });
    expect(response.status).toBe(201);
    const body = response.body;
    expect(body).toMatchObject({
      client_id: expect.any(String),
      client_secret: expect.any(String),
      client_name: 'My app',
    });
    expect(body).not.toHaveProperty('token_exchange_enabled');
  });

  test('register redirection URIs of the own machine in an evaluation', async () => {
    const metadata = { application_type: 'web', redirect_uris: ['http://localhost:8080/oidc-client/cb'] };
    expect((await server.call('POST', '/clients', metadata)).status).toBe(201);
    const strict = await startTestServer();
    try {
      const refused = await strict.call('POST', '/clients', metadata);
      expect(refused.status).toBe(400);
      expect(refused.json).toMatchObject({ error: 'invalid_redirect_uri' });
      // Who does not say what it is and is reached on the own machine alone is native.
      const { redirect_uris } = metadata;
      const native = await strict.call('POST', '/clients', { redirect_uris });
      expect([native.status, native.body['application_type']]).toEqual([201, 'native']);
    } finally {
      await strict.close();
    }
  });

  test('register a client for client credentials without redirection URIs', async () => {
    const response = await server.call('POST', '/clients', { grant_types: ['client_credentials'] });
    expect(response.status).toBe(201);
    expect(response.json).toMatchObject({ response_types: [] });
  });

  test('read, replace and remove a client with the master token', async () => {
    const { id, secret } = await server.register();
    const read = await server.call('GET', `/clients/${id}`);
    expect(read.status).toBe(200);
    expect(read.json).toMatchObject({ client_id: id });
    const replaced = await server.call('PUT', `/clients/${id}`, {
      client_id: id,
      redirect_uris: ['https://client.example.org/other'],
      token_exchange_enabled: true,
    });
    expect(replaced.status).toBe(200);
    const body = replaced.body;
    expect(body).toMatchObject({ client_id: id, redirect_uris: ['https://client.example.org/other'] });
    expect(body['client_secret'] ?? secret).toEqual(expect.any(String));
    expect((await server.call('DELETE', `/clients/${id}`)).status).toBe(204);
    expect((await server.call('GET', `/clients/${id}`)).status).toBe(404);
  });

  test('list the clients', async () => {
    const { id } = await server.register();
    const listed: unknown = (await server.call('GET', '/clients')).json;
    if (!Array.isArray(listed)) throw new Error('not an array');
    expect(listed.map((client) => object(client)['client_id'])).toContain(id);
  });

  test('find the version on the splash page', async () => {
    for (const path of ['', '/']) {
      const response = await server.send(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(response.headers.get('set-cookie')).toBeNull();
      expect(response.text.toLowerCase()).toContain('version');
    }
  });
});

describe('an issuer with a path', () => {
  test('has everything below it, and nothing beside it', async () => {
    const metadata = object((await server.send('/.well-known/openid-configuration')).json);
    expect(metadata['issuer']).toBe(server.issuer);
    expect(metadata['token_endpoint']).toBe(`${server.issuer}/token`);
    const { origin } = new URL(server.issuer);
    expect((await fetch(`${origin}/jwks.json`)).status).toBe(404);
    expect((await server.send('/jwks.json')).status).toBe(200);
    const party = await server.register();
    const { body: tokens } = await party.tokens();
    expect((await server.userInfo(text(tokens['access_token']))).body).toEqual({ sub: 'alice' });
    expect(text(party.registration['registration_client_uri'])).toBe(`${server.issuer}/clients/${party.id}`);
  });

  test('publishes an authorization endpoint to which a query can be appended', async () => {
    const metadata = object((await server.send('/.well-known/openid-configuration')).json);
    const url = new URL(`${text(metadata['authorization_endpoint'])}?client_id=1`);
    expect([...url.searchParams]).toEqual([['client_id', '1']]);
    expect(url.hash).toBe('');
  });

  test('answers for no other issuer', async () => {
    const at = (issuer: string) => server.send('/jwks.json', { headers: { Issuer: issuer } });
    expect((await at(server.issuer)).status).toBe(200);
    for (const other of ['https://other.example', `${server.issuer}/`, '']) {
      const response = await at(other);
      expect(response.status).toBe(400);
      expect(response.json).toMatchObject({ error_description: 'Unknown issuer' });
    }
  });
});
