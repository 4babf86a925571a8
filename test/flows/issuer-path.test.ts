import { allowInsecureRequests, discoveryRequest, processDiscoveryResponse } from 'oauth4webapi';
import { afterEach, describe, expect, test } from 'vitest';
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
  testSettings,
} from '../../src/testing/test-server.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: TestServerOptions): Promise<TestServer> {
  const server = await startTestServer(options);
  servers.push(server);
  return server;
}

const metadataAt = async (url: string) => {
  const response = await fetch(url, { redirect: 'manual' });
  const body: unknown = response.status === 200 ? await response.json() : undefined;
  return [response.status, typeof body === 'object' && body && 'issuer' in body ? body.issuer : undefined];
};

describe.each(['/c2id', '/tenants/acme'])('an issuer with the path %s', (path) => {
  test('has its metadata at every place where clients look for it', async () => {
    const { issuer } = await start({ path });
    const { origin } = new URL(issuer);
    for (const url of [
      // OpenID Connect Discovery, section 4
      `${issuer}/.well-known/openid-configuration`,
      // RFC 8414, section 3.1
      `${origin}/.well-known/oauth-authorization-server${path}`,
      // RFC 8414, section 5
      `${origin}/.well-known/openid-configuration${path}`,
      `${issuer}/.well-known/oauth-authorization-server`,
      `${origin}/.well-known/oauth-authorization-server${path}/`,
    ]) {
      expect([url, ...(await metadataAt(url))]).toEqual([url, 200, issuer]);
    }
  });

  test('is found by a client library in both ways', async () => {
    const { issuer } = await start({ path });
    const url = new URL(issuer);
    for (const algorithm of ['oidc', 'oauth2'] as const) {
      const response = await discoveryRequest(url, { algorithm, [allowInsecureRequests]: true });
      expect((await processDiscoveryResponse(url, response)).issuer).toBe(issuer);
    }
  });

  test('has nothing where another issuer of the host would have it', async () => {
    const { issuer } = await start({ path });
    const { origin } = new URL(issuer);
    for (const url of [
      `${origin}/.well-known/openid-configuration`,
      `${origin}/.well-known/oauth-authorization-server`,
      `${origin}/.well-known/oauth-authorization-server/other`,
      `${origin}/.well-known/oauth-authorization-server${path}/more`,
      `${origin}/.well-known/oauth-authorization-server${path.toUpperCase()}`,
      `${origin}/.well-known/oauth-authorization-server/${path}`,
      `${origin}/.well-known/jwks.json${path}`,
      `${origin}/jwks.json`,
    ]) {
      expect([url, ...(await metadataAt(url))]).toEqual([url, 404, undefined]);
    }
  });
});

describe('http.contextPath', () => {
  test('is where requests arrive when a proxy cuts the path of the issuer off', async () => {
    const server = await start({ path: '/c2id', properties: { 'http.contextPath': '/' } });
    const { origin } = new URL(server.issuer);
    expect(await metadataAt(`${origin}/.well-known/openid-configuration`)).toEqual([200, server.issuer]);
    // The well-known place of the host has the path of the issuer, whatever a proxy does below it.
    expect(await metadataAt(`${origin}/.well-known/oauth-authorization-server/c2id`)).toEqual([200, server.issuer]);
    expect((await fetch(`${origin}/jwks.json`)).status).toBe(200);
    expect((await fetch(`${origin}/c2id/jwks.json`)).status).toBe(404);
  });

  test('is where they arrive when it puts something before it, with or without a slash at the end', async () => {
    for (const contextPath of ['/inner/op', '/inner/op/']) {
      const server = await start({ properties: { 'http.contextPath': contextPath } });
      expect(await metadataAt(`${server.issuer}/inner/op/.well-known/openid-configuration`)).toEqual([
        200,
        server.issuer,
      ]);
      expect((await fetch(`${server.issuer}/jwks.json`)).status).toBe(404);
    }
  });

  test.each(['op', '//op', '/op//x', '/op/../x', '/op/%2e%2e', '/op?x', '/op#x', '/ö', 'https://x/op'])(
    'that is %s is refused at the start',
    async (contextPath) => {
      await expect(testSettings({ 'op.issuer': 'http://localhost', 'http.contextPath': contextPath })).rejects.toThrow(
        /http\.contextPath/,
      );
    },
  );
});

describe('slashes', () => {
  test.each(['//op', '/op//x', '/op/../x', '/./op', '/%2E%2e/op', '/ö'])(
    'an issuer with the path %s, which others would write in another way, is refused at the start',
    async (path) => {
      await expect(testSettings({ 'op.issuer': `https://id.example${path}` })).rejects.toThrow(/op\.issuer/);
    },
  );

  test('two of them are not taken for one, lead nowhere, and the caller is told', async () => {
    const server = await start({ path: '/c2id' });
    const { origin } = new URL(server.issuer);
    for (const path of ['//c2id/jwks.json', '/c2id//jwks.json', '//evil.example/c2id', '//evil.example/%2e%2e']) {
      const response = await fetch(`${origin}${path}`, { redirect: 'manual' });
      expect([path, response.status, response.headers.get('location')]).toEqual([path, 404, null]);
      expect(await response.json()).toMatchObject({ error_description: expect.stringContaining('empty segment') });
    }
  });
});
