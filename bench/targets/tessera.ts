import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constantRequest, json, type Step, stringMember } from '../conversation.ts';
import type { Answer } from '../http-answer.ts';
import { converseOnce } from '../load-generator.ts';
import { freePort, type ServerProcess, startServer } from '../processes.ts';
import type { BenchKeys } from './keys.ts';
import { sessionApiReturn, sessionApiSteps } from './session-api.ts';
import {
  type Client,
  type ClientUse,
  type HeapReport,
  type LiveTarget,
  redirectUri,
  type Setting,
  type Target,
} from './target.ts';

/** The demo token of the web APIs, and its SHA-256. */
const apiToken = 'ztucZS1ZyFKgh0tUEruUtiSTXhnexmd6';
const apiTokenDigest = 'cca68b8b82bcf0b96cb826199429e50cd95a042f8e8891d1ac56ab135d096633';

/** How Tessera is started in a run. */
export interface TesseraOptions {
  readonly name: 'Tessera' | 'earlier';
  /** Program and first arguments, e.g. `node dist/main.js`; `serve --config FILE` is appended. */
  readonly command: readonly [string, ...string[]];
  readonly keys: BenchKeys;
  readonly pinned: boolean;
  /** Connection URL of a fresh, empty PostgreSQL database. */
  readonly newPostgresDatabase: () => Promise<string>;
}

/** Tessera in a process of its own, with a configuration file per setting. */
export function tesseraTarget(options: TesseraOptions): Target {
  return {
    name: options.name,
    start: async (setting, onHeap) => {
      const directory = mkdtempSync(join(tmpdir(), 'tessera-bench-'));
      const forget = (): void => rmSync(directory, { recursive: true, force: true });
      try {
        const server = await launch(await configure(options, setting, directory), options, onHeap);
        return live(removingAfter(server, forget), setting);
      } catch (problem) {
        forget();
        throw problem;
      }
    },
  };
}

interface Configured {
  readonly file: string;
  readonly port: number;
}

/** Writes the configuration file of a setting. */
async function configure(options: TesseraOptions, setting: Setting, directory: string): Promise<Configured> {
  const port = await freePort();
  const usersFile = join(directory, 'users.json');
  writeFileSync(usersFile, JSON.stringify({ users: [{ sub: 'alice', claims: { email: 'alice@example.com' } }] }));
  const properties = {
    ...baseProperties(port, setting, options.keys),
    'op.usersFileClaimsSource.enable': 'true',
    'op.usersFileClaimsSource.file': usersFile,
    ...(await storeProperties(setting, directory, options)),
    ...(setting.shortLived ? shortLifetimes : {}),
  };
  const file = join(directory, 'tessera.properties');
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  return { file, port };
}

function launch(
  { file, port }: Configured,
  { command: [command, ...args], pinned }: TesseraOptions,
  onHeap: ((report: HeapReport) => void) | undefined,
): Promise<ServerProcess> {
  const sampler = onHeap ? ['--import', join(import.meta.dirname, 'heap-sampler.js')] : [];
  return startServer({
    command: command === 'node' ? process.execPath : command,
    args: [...sampler, ...args, 'serve', '--config', file],
    port,
    readyPath: '/.well-known/openid-configuration',
    pinned,
    ...(onHeap ? { onMessage: (message) => isHeapReport(message) && onHeap(message) } : {}),
  });
}

function isHeapReport(message: unknown): message is HeapReport {
  return typeof message === 'object' && message !== null && ('heap' in message || 'kept' in message);
}

function live(server: ServerProcess, setting: Setting): LiveTarget {
  const clients = new Map<ClientUse, Promise<Client>>();
  const authorization = `Bearer ${apiToken}`;
  return {
    process: server,
    paths: {
      discovery: '/.well-known/openid-configuration',
      jwks: '/jwks.json',
      token: '/token',
      introspection: '/token/introspect',
      userInfo: '/userinfo',
      registration: '/clients',
    },
    registrationToken: apiToken,
    client: (use) => {
      const client = clients.get(use) ?? registerClient(server.port, use);
      clients.set(use, client);
      return client;
    },
    authorize: (ask) => sessionApiSteps(ask, { authorization, longLived: !setting.shortLived }),
    comeAgain: (ask, visits) => sessionApiReturn(ask, visits, { authorization }),
  };
}

function baseProperties(port: number, setting: Setting, keys: BenchKeys): Readonly<Record<string, string>> {
  const tokens = setting.clientCredentialsTokens;
  const handler = 'op.grantHandler.clientCredentials.simpleHandler';
  return {
    'op.issuer': `http://127.0.0.1:${port}`,
    'http.host': '127.0.0.1',
    'http.port': String(port),
    'op.authz.endpoint': `http://127.0.0.1:${port}/login`,
    'op.authz.apiAccessTokenSHA256': apiTokenDigest,
    'op.reg.apiAccessTokenSHA256': apiTokenDigest,
    'keyStore.staticJWKSet.op': JSON.stringify({ keys: [...Object.values(keys.signing), ...keys.symmetric] }),
    [`${handler}.enable`]: 'true',
    [`${handler}.accessToken.encoding`]: tokens === 'identifier' ? 'IDENTIFIER' : 'SELF_CONTAINED',
    'authzStore.accessToken.jwsAlg': tokens === 'identifier' ? 'RS256' : tokens,
  };
}

/** Names of the stores' properties. @see docs/reference/config.md */
async function storeProperties(
  setting: Setting,
  directory: string,
  options: TesseraOptions,
): Promise<Readonly<Record<string, string>>> {
  switch (setting.store) {
    case 'memory':
      return { 'storage.profile': 'memory' };
    case 'sqlite':
      return { 'storage.profile': 'sqlite', 'storage.sqlite.file': join(directory, 'tessera.db') };
    case 'postgres':
      return { 'storage.profile': 'postgres', 'dataSource.url': await options.newPostgresDatabase() };
  }
}

/** Everything that expires does so within seconds (sessions: a minute, the shortest they can), and is purged each second. */
const shortLifetimes = {
  'authzStore.accessToken.defaultLifetime': '10',
  'authzStore.code.lifetime': '10',
  'sessionStore.maxLifetime': '1',
  'sessionStore.authLifetime': '1',
  'sessionStore.maxIdleTime': '1',
  'sessionStore.sessionMap.expirationInterval': '1000',
};

async function registerClient(port: number, use: ClientUse): Promise<Client> {
  const metadata =
    use === 'client-credentials'
      ? { grant_types: ['client_credentials'], scope: 'read' }
      : {
          grant_types: ['authorization_code', 'refresh_token'],
          redirect_uris: [redirectUri],
          scope: 'openid email',
          id_token_signed_response_alg: 'RS256',
        };
  const step: Step = {
    name: `register a client for ${use}`,
    request: constantRequest({
      method: 'POST',
      path: '/clients',
      authorization: `Bearer ${apiToken}`,
      body: json({ ...metadata, token_endpoint_auth_method: 'client_secret_basic' }),
    }),
    status: 201,
    read: (answer: Answer, notes) => {
      notes.values.set('id', stringMember(answer, 'client_id'));
      notes.values.set('secret', stringMember(answer, 'client_secret'));
    },
  };
  const { values } = await converseOnce(port, [step]);
  return { id: values.get('id') ?? '', secret: values.get('secret') ?? '' };
}

function removingAfter(server: ServerProcess, forget: () => void): ServerProcess {
  return { ...server, stop: () => server.stop().then(forget) };
}
