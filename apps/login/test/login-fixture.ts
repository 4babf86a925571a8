import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bodyOf } from '../../../src/testing/caller/answer.ts';
import { createLoginApp, type LoginAppOptions } from '../src/app.ts';
import type { LogFields, LoginLog } from '../src/log.ts';
import { createBrowser, type TestBrowser } from './browser.ts';
import { type RecordedServer, startRecordedServer, TOKENS } from './recorded-server.ts';

/** Cheap hashes, so that tests are quick: password `secret` with scrypt ln=10. */
const SECRET = '$scrypt$ln=10,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$';

/** The login pages on a port of their own, before the real server on memory. */
export interface LoginFixture {
  readonly origin: string;
  readonly recorded: RecordedServer;
  /** A live session of alice. */
  session(): Promise<string>;
  /** Has the server say the messages of this file, whose identifiers it does not know, in place of its own. */
  script(): void;
  readonly usersFile: string;
  readonly clock: { now: number };
  readonly lines: { level: string; id: string; fields: LogFields }[];
  /** Paths to which browsers have posted forms. */
  readonly posts: string[];
  browser(): TestBrowser;
  [Symbol.asyncDispose](): Promise<void>;
}

/** When the tests take place, Unix seconds. */
const NOW = 1_800_000_100;

/** The client of the tests. */
const CLIENT = {
  preferred_client_id: 'c1',
  client_name: 'Cosy Café',
  policy_uri: 'https://rp.example/policy',
  tos_uri: 'https://rp.example/tos',
  redirect_uris: ['https://rp.example/cb'],
};

/** An authorization request of the client. */
export const QUERY =
  'response_type=code&client_id=c1&redirect_uri=https%3A%2F%2Frp.example%2Fcb&scope=openid%20email&state=a%2Bb';

/** The message `auth` of a scripted server. */
export const AUTH = {
  type: 'auth',
  sid: 'authz-1.mac',
  display: 'page',
  select_account: false,
  create_account: false,
  client: {
    client_id: 'c1',
    name: 'Cosy Café',
    policy_uri: 'https://rp.example/policy',
    tos_uri: 'https://rp.example/tos',
  },
};

/** The session that a sign-in as Alice makes. */
export const ALICE_SESSION = {
  sid: 'sess-alice.mac',
  sub: 'alice',
  auth_time: 1_800_000_000,
  auth_life: 720,
  acr: 'urn:tessera:acr:password',
  amr: ['pwd'],
  data: { name: 'Alice Adams', login: 'alice' },
};

/** The message `consent` for Alice. */
export const CONSENT = {
  type: 'consent',
  sid: 'authz-1.mac',
  display: 'page',
  sub_session: ALICE_SESSION,
  client: AUTH.client,
  scope: { new: ['openid', 'email', 'offline_access'], consented: ['profile'] },
  claims: {
    new: { essential: ['email'], voluntary: ['email_verified', 'https://x.example/level'] },
    consented: { essential: [], voluntary: ['name'] },
  },
};

/** The message `response` in mode query. */
export const RESPONSE = {
  type: 'response',
  mode: 'query',
  parameters: { uri: 'https://rp.example/cb?code=abc&state=s&iss=https%3A%2F%2Fop.example' },
  sub_sid: 'sess-alice.mac',
};

async function hashOfSecret(): Promise<string> {
  const { scryptSync } = await import('node:crypto');
  const hash = scryptSync('secret', Buffer.from('saltsaltsaltsalt'), 32, { N: 1024, r: 8, p: 1 });
  return SECRET + hash.toString('base64').replaceAll('=', '');
}

/** A users file text with alice and bob. */
export async function usersText(): Promise<string> {
  const password = await hashOfSecret();
  return JSON.stringify({
    users: [
      { sub: 'alice', password, claims: { name: 'Alice Adams', email: 'alice@example.com', email_verified: true } },
      { sub: 'bob', username: 'bobby', password, claims: { name: 'Bob Brown' } },
    ],
  });
}

async function sessionOn({ real }: RecordedServer): Promise<string> {
  const session = { sub: 'alice', data: ALICE_SESSION.data };
  const path = '/session-store/rest/v2/sessions';
  return String(bodyOf('session', await real.bearing(TOKENS.sessions).call('POST', path, session), 201)['sid']);
}

/** Starts everything; `options` override the defaults. */
export async function startLogin(options: Partial<LoginAppOptions> = {}): Promise<LoginFixture> {
  const recorded = await startRecordedServer(NOW);
  await recorded.real.register(CLIENT);
  const directory = await mkdtemp(join(tmpdir(), 'tessera-login-'));
  const usersFile = join(directory, 'users.json');
  await writeFile(usersFile, await usersText());
  const clock = { now: NOW * 1000 };
  const lines: LoginFixture['lines'] = [];
  const add =
    (level: string) =>
    (id: string, _text: string, fields: LogFields = {}) =>
      void lines.push({ level, id, fields });
  const log: LoginLog = { info: add('info'), warn: add('warn'), error: add('error') };
  const app = createLoginApp({
    basePath: '/login',
    apiBaseUrl: recorded.url,
    apiToken: TOKENS.authz,
    sessionStoreToken: TOKENS.sessions,
    usersFile,
    secureCookies: false,
    apiTimeout: 2000,
    now: () => clock.now,
    log,
    ...options,
  });
  const posts: string[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'POST') posts.push(request.url ?? '');
    void app.handler(request, response);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const script = () => {
    recorded.on('POST start', { body: AUTH });
    recorded.on('PUT one', (call) => ({ body: 'sub' in call.body ? CONSENT : RESPONSE }));
    recorded.on('DELETE one', {
      body: { ...RESPONSE, sub_sid: undefined, parameters: { uri: 'https://rp.example/cb?error=access_denied' } },
    });
    recorded.on('GET one', { body: { auth_req: {}, sub_session: ALICE_SESSION } });
    recorded.on('GET session', { body: ALICE_SESSION });
    recorded.on('DELETE session', { body: ALICE_SESSION });
  };
  return {
    origin,
    recorded,
    script,
    session: () => sessionOn(recorded),
    usersFile,
    clock,
    lines,
    posts,
    browser: () => createBrowser(origin),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await recorded[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}
