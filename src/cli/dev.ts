import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLoginApp } from '../../apps/login/src/app.ts';
import { createPlayground } from '../../apps/playground/src/app.ts';
import { presetLayer, type ReadLayer } from '../config/settings-layer.ts';
import { demoApiToken, demoApiTokenHash, demoClient, demoEncryptionKey } from '../demo.ts';
import type { Mount } from '../http/server.ts';
import type { Log } from '../ports/log.ts';
import { CommandFailed, parseOptions } from './command.ts';
import { loadConfiguration, takeSettings, usableSettings } from './configuration.ts';
import { registerDemoClient, welcome } from './first-run.ts';
import { startServer } from './start.ts';

const usage = `Usage: tessera dev [--port N] [--issuer URL] [--data DIR] [--store memory|sqlite|postgres] [--config FILE|DIR]

Runs everything for a first look: the server with every web API open to the public demo token, the login pages with the
users alice and bob, a demo client, and the playground that uses it. Never for production.

  --port N        port to listen at (PORT; default 8080)
  --host ADDRESS  address to listen at (default 127.0.0.1)
  --issuer URL    where browsers reach it, with a path if you like (default http://localhost:PORT)
  --data DIR      where the SQLite database is kept (default ./data)
  --store KIND    memory, sqlite (default) or postgres (with -DdataSource.url=...)
  --users FILE    users file (default: alice and bob, password secret)`;

const options = {
  port: { type: 'string', short: 'p' },
  host: { type: 'string' },
  issuer: { type: 'string' },
  data: { type: 'string' },
  store: { type: 'string' },
  users: { type: 'string' },
  config: { type: 'string', multiple: true, short: 'c' },
} as const;

/** `tessera dev`: everything for a first look, in one process. */
export async function dev(args: readonly string[]): Promise<void> {
  const { layer, rest } = takeSettings(args);
  const { values } = parseOptions(rest, options, usage);
  const port = values.port ?? process.env['PORT'] ?? '8080';
  if (!/^\d{1,5}$/.test(port)) throw new CommandFailed(`--port must be a number, found ${port}`, 64);
  const directory = values.data ?? 'data';
  const usersFile = values.users ?? fileURLToPath(new URL('../../apps/login/demo-users.json', import.meta.url));
  const presets = presetLayer(demoSettings({ port, directory, usersFile }), 'tessera dev');
  const configuration = await loadConfiguration({
    paths: values.config ?? [],
    presets,
    commandLine: withOptions(layer, values, port),
  });
  const settings = usableSettings(configuration);
  if (settings.general.env === 'prod')
    throw new CommandFailed('tessera dev is open to everybody: use tessera serve with env=prod', 78);
  if (settings.storage.profile === 'sqlite') mkdirSync(directory, { recursive: true });

  const mounts: Mount[] = [];
  const { app, log, port: listening } = await startServer({ settings, problems: [], mounts });
  const { issuer } = app.provider;
  // The pages are mounted once it is known where they find the web APIs.
  const local = `http://127.0.0.1:${listening}${new URL(issuer).pathname.replace(/\/$/, '')}`;
  mounts.push(...demoPages({ issuer, local, usersFile, log }));
  await registerDemoClient({ api: local, issuer });
  console.log(await welcome({ issuer, api: local, port: listening }));
}

/** Presets, below everything that the user says: every web API open to the demo token, test redirection URIs allowed. */
function demoSettings(demo: { readonly port: string; readonly directory: string; readonly usersFile: string }) {
  const openTo = (api: string) => [`${api}.apiAccessTokenSHA256`, demoApiTokenHash] as const;
  return {
    'op.issuer': `http://localhost:${demo.port}`,
    'op.authz.endpoint': 'login',
    ...Object.fromEntries(['op.reg', 'op.authz', 'sessionStore', 'keyStore', 'monitor'].map(openTo)),
    'keyStore.encJWK': JSON.stringify({ kty: 'oct', use: 'enc', k: demoEncryptionKey }),
    'storage.profile': 'sqlite',
    'storage.sqlite.file': join(demo.directory, 'tessera.db'),
    'op.reg.allowLocalhostRedirectionURIsForTest': 'true',
    'op.reg.rejectNonTLSRedirectionURIs': 'false',
    'op.grantHandler.clientCredentials.simpleHandler.enable': 'true',
    'op.authz.includeClientInfoInAuthPrompt': 'true',
    'op.authz.advertisedScopes': 'openid profile email address phone offline_access',
    'op.authz.advertisedClaims': standardClaims,
    'op.authz.advertisedDisplayTypes': 'page popup',
    // What the login pages reach with a password.
    'op.authz.advertisedACRs': 'urn:tessera:acr:password',
    'op.usersFileClaimsSource.enable': 'true',
    'op.usersFileClaimsSource.file': demo.usersFile,
    'op.usersFileClaimsSource.supportedClaims': '*',
    'log4j.level': 'WARN',
  };
}

const standardClaims =
  'sub name given_name family_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo locale updated_at email email_verified address phone_number phone_number_verified';

function withOptions(
  layer: ReadLayer,
  values: {
    readonly host?: string | undefined;
    readonly issuer?: string | undefined;
    readonly store?: string | undefined;
  },
  port: string,
): ReadLayer {
  const given = {
    'http.port': port,
    'http.host': values.host,
    'op.issuer': values.issuer,
    'storage.profile': values.store,
  };
  const entries = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value, source: 'command line' }],
  );
  return { ...layer, layer: { kind: 'command-line', entries: [...entries, ...layer.layer.entries] } };
}

function demoPages(demo: {
  readonly issuer: string;
  readonly local: string;
  readonly usersFile: string;
  readonly log: Log;
}): Mount[] {
  const prefix = new URL(demo.issuer).pathname.replace(/\/$/, '');
  const login = createLoginApp({
    basePath: `${prefix}/login`,
    apiBaseUrl: demo.local,
    apiToken: demoApiToken,
    sessionStoreToken: demoApiToken,
    usersFile: demo.usersFile,
    secureCookies: demo.issuer.startsWith('https:'),
    log: demo.log,
  });
  const playground = createPlayground({
    basePath: `${prefix}/playground`,
    publicUrl: `${demo.issuer}/playground`,
    issuer: demo.issuer,
    clientId: demoClient.id,
    clientSecret: demoClient.secret,
  });
  return [
    { path: `${prefix}/login`, handler: login.handler },
    { path: `${prefix}/playground`, handler: playground.handler },
  ];
}
