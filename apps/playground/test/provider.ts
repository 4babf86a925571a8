import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose';
import type { CustomFetch } from 'openid-client';
import { demoApiToken } from '../../../src/demo.ts';
import type { Mount } from '../../../src/http/server.ts';
import { startTestServer, testKeySet } from '../../../src/testing/test-server.ts';
import { createLoginApp } from '../../login/src/app.ts';
import { hashPassword } from '../../login/src/password-hash.ts';

/** Client ID and secret that the server knows. */
export const CLIENT = { clientId: 'playground-client', clientSecret: 'a-secret-that-must-not-be-shown' } as const;

/** What an honest server never says. */
export interface Lie {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The real server on memory with its login pages; a test may put answers of its own before it. */
export interface TestProvider {
  readonly issuer: string;
  /** For the playground's requests: records them, and lies where a test wants it. */
  readonly fetch: CustomFetch;
  /** Path of an endpoint -> what the playground hears instead of the server's answer. */
  readonly lies: Map<string, Lie>;
  /** Paths that the playground asked for, in order. */
  readonly calls: string[];
  /** A JWT of this issuer for the client, signed with its published ES256 key, or with `forged` by another of that name. */
  sign(claims: JWTPayload, options?: { readonly forged?: boolean }): Promise<string>;
  close(): Promise<void>;
}

const claims = { name: 'Alice Adams', email: 'alice@example.com', email_verified: true };

/** Starts the server with the client and a user `alice`, password `secret`. `redirectUri`: of the client. */
export async function startProvider(redirectUri: string): Promise<TestProvider> {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-playground-'));
  const usersFile = join(directory, 'users.json');
  const password = await hashPassword('secret', 'scrypt');
  writeFileSync(usersFile, JSON.stringify({ users: [{ sub: 'alice', password, claims }] }));
  const mounts: Mount[] = [];
  const server = await startTestServer({
    mounts,
    claimsSources: [{ name: 'alice', supportedClaims: ['*'], getClaims: async () => claims }],
    properties: {
      'op.idToken.defaultLifetime': '3600',
      'op.reg.allowLocalhostRedirectionURIsForTest': 'true',
      'op.reg.rejectNonTLSRedirectionURIs': 'false',
      'op.authz.advertisedScopes': 'openid profile email offline_access',
    },
  });
  const { issuer } = server;
  const login = createLoginApp({
    basePath: '/login',
    apiBaseUrl: issuer,
    apiToken: demoApiToken,
    sessionStoreToken: demoApiToken,
    usersFile,
    secureCookies: false,
    log: { info() {}, warn() {}, error() {} },
  });
  mounts.push({ path: '/login', handler: login.handler });
  await server.register({
    preferred_client_id: CLIENT.clientId,
    preferred_client_secret: CLIENT.clientSecret,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  });
  const lies = new Map<string, Lie>();
  const calls: string[] = [];
  const { key, kid, strange } = await signingKeys();
  return {
    issuer,
    lies,
    calls,
    async fetch(url, init) {
      const { pathname } = new URL(url);
      calls.push(pathname);
      const lie = lies.get(pathname);
      if (!lie) return fetch(url, { ...init, body: init.body ?? null });
      const headers = { 'content-type': 'application/json', ...lie.headers };
      return new Response(lie.body === undefined ? '' : JSON.stringify(lie.body), { status: lie.status, headers });
    },
    async sign(members, options) {
      return new SignJWT({ iss: issuer, aud: CLIENT.clientId, sub: 'alice', ...members })
        .setProtectedHeader({ alg: 'ES256', kid })
        .setIssuedAt()
        .setExpirationTime('10m')
        .sign(options?.forged ? strange : key);
    },
    async close() {
      await server.close();
      rmSync(directory, { recursive: true });
    },
  };
}

async function signingKeys() {
  const { keys } = await testKeySet();
  const jwk = keys.find(({ crv, use }) => crv === 'P-256' && use === 'sig');
  if (!jwk) throw new Error('the server has no P-256 key');
  const { kty, crv, x, y, d, kid = '' } = jwk;
  const key = await importJWK(JSON.parse(JSON.stringify({ kty, crv, x, y, d })), 'ES256');
  const { privateKey: strange } = await generateKeyPair('ES256');
  return { key, kid, strange };
}
