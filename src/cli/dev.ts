import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLoginApp } from '../../apps/login/src/app.ts';
import type { ScopeLabels } from '../../apps/login/src/scope-labels.ts';
import { createPlayground } from '../../apps/playground/src/app.ts';
import { presetLayer, type ReadLayer } from '../config/settings-layer.ts';
import { type SettingsReader, withSettings } from '../config/settings-reader.ts';
import { demoApiToken, demoApiTokenHash, demoClient, demoEncryptionKey } from '../demo.ts';
import { messageOf } from '../domain/error-message.ts';
import { builtInFeatures } from '../features.ts';
import { contextPathOf } from '../http/context-path.ts';
import { httpProperties } from '../http/properties.ts';
import type { Mount } from '../http/server.ts';
import type { Log } from '../ports/log.ts';
import { isApiTokenGroup } from '../protocol/features/access.ts';
import { generalProperties } from '../protocol/properties.ts';
import { storageProperties } from '../storage/properties.ts';
import { CommandFailed, isProgramFault, parseOptions, wrongConfiguration } from './command.ts';
import {
  type Configuration,
  checkedLocally,
  loadConfiguration,
  takeSettings,
  usableSettings,
} from './configuration.ts';
import { freePortAt, localUrl } from './dev-address.ts';
import { registerDemoClient, welcome } from './first-run.ts';
import { type RunningServer, startServer } from './start.ts';

const usage = `Usage: tessera dev [--port N] [--issuer URL] [--data DIR] [--store memory|sqlite|postgres] [--config FILE|DIR]

Runs everything for a first look: the server with every web API open to the public demo token, the login pages with the
users alice and bob, a demo client, and the playground that uses it. Never for production.

  --port N        port to listen at; 0: any free one (default: http.port, PORT or 8080)
  --host ADDRESS  address to listen at (default 127.0.0.1)
  --issuer URL    where browsers reach it, with a path if you like (default http://localhost:PORT);
                  of this machine only, since everybody knows the demo token
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
  const port = portFrom('PORT', process.env['PORT']) ?? '8080';
  const directory = values.data ?? 'data';
  const usersFile = values.users ?? fileURLToPath(new URL('../../apps/login/demo-users.json', import.meta.url));
  const presets = demoSettings({ port, directory, usersFile });
  const loaded = await loadConfiguration({
    paths: values.config ?? [],
    presets: presetLayer(presets, presetSource),
    commandLine: withOptions(layer, { ...values, port: portFrom('--port', values.port) }),
  });
  const configuration = checkedLocally(loaded);
  const settingsOf = await placed(configuration);
  if (settingsOf(generalProperties).env === 'prod')
    throw new CommandFailed('tessera dev is open to everybody: use tessera serve with env=prod', wrongConfiguration);
  const { profile, sqliteFile } = settingsOf(storageProperties);
  if (profile === 'sqlite' && sqliteFile === presets['storage.sqlite.file']) makeDirectory(directory);

  // What a first look is open to is meant: only what the user wrote deserves a warning.
  const problems = configuration.problems.filter(
    ({ property, source }) => source !== 'configuration' || !Object.hasOwn(presets, property),
  );
  const mounts: Mount[] = [];
  const server = await startServer({ settingsOf, problems, mounts, moveIssuer: true });
  try {
    console.log(await furnish(server, { host: settingsOf(httpProperties).host, mounts, usersFile }));
  } catch (error) {
    await server.close();
    if (isProgramFault(error)) throw error;
    throw new CommandFailed(messageOf(error), error instanceof CommandFailed ? error.exitCode : 1);
  }
}

/** Mounts the pages on a server that listens and registers the demo client; resolves to what the terminal shows. */
async function furnish(
  { app, log, port }: RunningServer,
  demo: { readonly host: string; readonly mounts: Mount[]; readonly usersFile: string },
): Promise<string> {
  const { issuer } = app.provider;
  // The pages are mounted once it is known where they find the web APIs.
  const local = `${localUrl(demo.host, port)}${contextPathOf(app.provider.settingsOf(httpProperties), issuer)}`;
  demo.mounts.push(...demoPages({ issuer, local, usersFile: demo.usersFile, log }));
  await registerDemoClient({ api: local, issuer });
  return welcome({ issuer, api: local, port });
}

/** The name under which presets appear as the source of a value. */
const presetSource = 'tessera dev';

/** A port as text; undefined when none is given. Throws `CommandFailed`. */
function portFrom(name: string, given: string | undefined): string | undefined {
  if (given === undefined || /^\d{1,5}$/.test(given)) return given;
  throw new CommandFailed(`${name} must be a number, found ${given}`, 64);
}

/** The settings with a port that is known before the server listens, which the issuer follows unless somebody set it. */
async function placed(configuration: Configuration): Promise<SettingsReader> {
  const settingsOf = usableSettings(configuration);
  const { host, port: wanted } = settingsOf(httpProperties);
  const port = wanted === 0 ? await freePortAt(host) : wanted;
  const listening = withSettings(settingsOf, httpProperties, { port });
  const preset = configuration.effective.some(({ name, source }) => name === 'op.issuer' && source === presetSource);
  return preset ? withSettings(listening, generalProperties, { issuer: `http://localhost:${port}` }) : listening;
}

function makeDirectory(directory: string): void {
  try {
    // It has keys: for its owner alone.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.W_OK);
  } catch (error) {
    const remedy = 'Name a directory that can be made or written to with --data.';
    throw new CommandFailed(
      `The data cannot be kept in ${directory}: ${messageOf(error)}. ${remedy}`,
      wrongConfiguration,
    );
  }
}

/** Presets, below everything that the user says: every web API open to the demo token, test redirection URIs allowed. */
function demoSettings(demo: { readonly port: string; readonly directory: string; readonly usersFile: string }) {
  // The issuer stands for "the port that is listened at": see placed().
  const webApis = builtInFeatures.flatMap(({ properties }) => (isApiTokenGroup(properties) ? [properties] : []));
  const presets: Record<string, string> = {
    'http.port': demo.port,
    'op.issuer': `http://localhost:${demo.port}`,
    'op.authz.endpoint': 'login',
    ...Object.fromEntries(webApis.map(({ apiTokens }) => [apiTokens.name, demoApiTokenHash])),
    'keyStore.encJWK': JSON.stringify({ kty: 'oct', use: 'enc', k: demoEncryptionKey }),
    'storage.profile': 'sqlite',
    'storage.sqlite.file': join(demo.directory, 'tessera.db'),
    'op.reg.allowLocalhostRedirectionURIsForTest': 'true',
    'op.reg.rejectNonTLSRedirectionURIs': 'false',
    'op.grantHandler.clientCredentials.simpleHandler.enable': 'true',
    // Libraries of every kind are tried here, and some send the secret now by the one way and now by the other.
    'op.token.allowEitherSecretMethod': 'true',
    'op.authz.includeClientInfoInAuthPrompt': 'true',
    'op.authz.advertisedScopes': 'openid profile email address phone offline_access',
    'op.authz.advertisedClaims': standardClaims,
    'op.authz.advertisedDisplayTypes': 'page popup',
    // What the login pages reach with a password.
    'op.authz.advertisedACRs': 'urn:tessera:acr:password',
    'op.usersFileClaimsSource.enable': 'true',
    'op.usersFileClaimsSource.file': demo.usersFile,
    'op.usersFileClaimsSource.supportedClaims': '*',
    // Why something was refused is what a first look asks most.
    'log4j.level': 'INFO',
  };
  return presets;
}

const standardClaims =
  'sub name given_name family_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo locale updated_at email email_verified address phone_number phone_number_verified';

function withOptions(
  layer: ReadLayer,
  values: {
    readonly port?: string | undefined;
    readonly host?: string | undefined;
    readonly issuer?: string | undefined;
    readonly store?: string | undefined;
  },
): ReadLayer {
  const given = {
    'http.port': values.port,
    'http.host': values.host,
    'op.issuer': values.issuer,
    'storage.profile': values.store,
  };
  const entries = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value, source: 'command line' }],
  );
  return { ...layer, layer: { kind: 'command-line', entries: [...entries, ...layer.layer.entries] } };
}

/** What the consent page calls the scope values that the demo client has beside the standard ones. */
const demoScopeLabels: ScopeLabels = new Map([
  ['read', { title: 'Read', explanation: 'A scope value of the demo client, for an API of your own' }],
  ['write', { title: 'Write', explanation: 'Another one' }],
]);

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
    scopeLabels: demoScopeLabels,
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
