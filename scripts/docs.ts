import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { protocolRoutes } from '../src/app.ts';
import { renderReferencePage } from '../src/config/reference-page.ts';
import { errorCatalogue } from '../src/errors/catalogue.ts';
import { createMonitorRoutes } from '../src/integration/monitor/routes.ts';
import { createMetrics } from '../src/observability/metrics.ts';
import { silentLog } from '../src/ports/log.ts';
import type { Route } from '../src/protocol/context.ts';
import { propertyGroups } from '../src/settings.ts';
import { startTestServer } from '../src/testing/test-server.ts';

/**
 * Writes the pages of `docs/reference/` from the declarations in the source; with `--check` it writes nothing, names the stale pages and
 * ends with status 1.
 */
const directory = fileURLToPath(new URL('../docs/reference/', import.meta.url));

const generated = '<!-- Generated from the source by `npm run docs`. Do not edit. -->';

const titles: Readonly<Record<keyof typeof propertyGroups, string>> = {
  general: 'General',
  http: 'HTTP and CORS',
  keys: 'Keys',
  registration: 'Client registration',
  authorize: 'Authorization requests and the login page',
  token: 'Token endpoint and grants',
  tokens: 'Tokens and remembered authorisations',
  sessions: 'Subject sessions',
  claims: 'Claims',
  usersFile: 'Claims source: users file',
  httpClaims: 'Claims source: HTTP',
  storage: 'Storage',
  log: 'Log',
  monitor: 'Monitoring',
};

/** What a caller needs, by the start of the path; the longest one counts. */
const access: Readonly<Record<string, string>> = {
  '/': 'open',
  '/.well-known/': 'open',
  '/jwks.json': 'open',
  '/clients': 'API token (`op.reg.apiAccessTokenSHA256`), initial or registration access token',
  '/token': 'client authentication',
  '/token/introspect': 'client authentication, or an access token with scope `introspect`',
  '/userinfo': 'access token with scope `openid`',
  '/authz-sessions/': 'API token (`op.authz.apiAccessTokenSHA256`)',
  '/session-store/': 'API token (`sessionStore.apiAccessTokenSHA256`)',
  '/monitor/': 'API token (`monitor.apiAccessTokenSHA256`)',
  '/config/check': 'open, unless `op.configCheck.enable=false`',
};

/** What each path is for. A path that is not served, or one that is missing here, fails the generation. */
const purposes: Readonly<Record<string, string>> = {
  '/': 'Splash page',
  '/.well-known/openid-configuration': 'Provider metadata (OpenID Connect Discovery 1.0)',
  '/.well-known/oauth-authorization-server': 'The same document (RFC 8414)',
  '/jwks.json': 'Public keys (RFC 7517)',
  '/clients': 'Register a client, list clients (RFC 7591)',
  '/clients/{client_id}': 'Read, update, remove a client (RFC 7592)',
  '/token': 'Tokens for a code, a refresh token or client credentials (RFC 6749)',
  '/token/introspect': 'What an access token is worth (RFC 7662)',
  '/token/revoke': 'Revoke a token (RFC 7009)',
  '/userinfo': 'Claims of the subject (OpenID Connect Core 1.0, section 5.3)',
  '/authz-sessions/rest/v3': 'Start to serve an authorization request',
  '/authz-sessions/rest/v3/{sid}': 'Inspect; put the subject, then the consent; cancel',
  '/authz-sessions/rest/v3/{sid}/data': 'Custom data of the session',
  '/session-store/rest/v2/sessions':
    'Create, read and close sessions; the `SID` header names one, `?subject=` all of a subject',
  '/session-store/rest/v2/sessions/subject-auth': 'Record another authentication',
  '/session-store/rest/v2/sessions/subject-auth-life': 'For how long the authentication counts, in minutes',
  '/session-store/rest/v2/sessions/claims': 'Claims of a session',
  '/session-store/rest/v2/sessions/data': 'Custom data of a session',
  '/session-store/rest/v2/sessions/rps': 'Clients that got an ID token in a session',
  '/session-store/rest/v2/sessions/count': 'Number of sessions',
  '/session-store/rest/v2/subjects': 'Subjects with a session',
  '/session-store/rest/v2/subjects/count': 'Number of subjects with a session',
  '/monitor/v1/ping': 'Whether the process answers',
  '/monitor/v1/healthcheck': 'Whether it can work: 200 or 500, with each check',
  '/monitor/v1/metrics': 'Metrics as JSON',
  '/monitor/v1/prometheus': 'Metrics for Prometheus',
  '/monitor/v1/threads': 'Information about the process',
  '/config/check': 'Check a configuration without applying it',
};

function errorsPage(): string {
  const rows = Object.entries(errorCatalogue).map(
    ([id, { code, status, text, spec }]) =>
      `| \`${id}\` | \`${code}\` | ${status} | ${text} | ${spec.startsWith('https:') ? `[${specName(spec)}](${spec})` : spec} |`,
  );
  return `# Error reference

${generated}

An error reaches the caller as \`error\` and \`error_description\`: in a JSON body, or as parameters for the client's redirection URI, where the
status has no meaning. The text may be more telling than the one here where that gives nothing away. The identifier and the exact reason
are in the server's log.

| Identifier | \`error\` | Status | \`error_description\` | Specification |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

function specName(url: string): string {
  const rfc = /rfc(\d+)(?:#section-(.+))?$/.exec(url);
  if (rfc) return rfc[2] === undefined ? `RFC ${rfc[1]}` : `RFC ${rfc[1]}, ${rfc[2]}`;
  return url.includes('openid-connect-core') ? 'OpenID Connect Core' : 'OAuth 2.0 Multiple Response Types';
}

function endpointsPage(routes: readonly Route[]): string {
  const byPath = Map.groupBy(routes, ({ path }) => path || '/');
  const unserved = Object.keys(purposes).filter((path) => !byPath.has(path));
  if (unserved.length > 0)
    throw new Error(`scripts/docs.ts describes paths that are not served: ${unserved.join(', ')}`);
  const rows = [...byPath].map(([path, same]) => {
    const purpose = purposes[path];
    if (purpose === undefined) throw new Error(`scripts/docs.ts does not say what ${path} is for`);
    const methods = same.map(({ method }) => `\`${method}\``).join(', ');
    return `| \`${path}\` | ${methods} | ${purpose} | ${accessOf(path)} |`;
  });
  return `# Endpoint reference

${generated}

Paths are relative to the issuer URL. \`HEAD\` is served where \`GET\` is; other methods get 405 with an \`Allow\` header. The authorization
endpoint is the login page (\`op.authz.endpoint\`), which is a program apart: see the
[guide](../guides/your-own-login-page.md). A web API without a configured token is off, and answers 403.

| Path | Methods | What for | Access |
|---|---|---|---|
${rows.join('\n')}
`;
}

function accessOf(path: string): string {
  const [start = '/'] = Object.keys(access)
    .filter((candidate) => path === candidate || (candidate !== '/' && path.startsWith(candidate)))
    .sort((a, b) => b.length - a.length);
  const needed = access[start];
  if (needed === undefined) throw new Error(`scripts/docs.ts does not say who may call ${path}`);
  return needed;
}

async function servedRoutes(): Promise<readonly Route[]> {
  const { provider, clock, close } = await startTestServer();
  await close();
  const nothing = () => ({ status: 204, headers: {}, body: '' });
  return [
    { method: 'GET', path: '', endpoint: nothing },
    ...protocolRoutes(provider),
    ...createMonitorRoutes({
      settings: { apiTokens: new Map(), entryCountCacheTimeout: 0, runtimeMetrics: false },
      metrics: createMetrics(),
      checks: [],
      clock,
      log: silentLog,
      version: '',
    }),
    { method: 'POST', path: '/config/check', endpoint: nothing },
  ];
}

const pages = new Map([
  ['config.md', renderReferencePage(propertyGroups, titles)],
  ['errors.md', errorsPage()],
  ['endpoints.md', endpointsPage(await servedRoutes())],
]);

const stale = [...pages].filter(([name, text]) => text !== onDisk(name)).map(([name]) => name);
if (process.argv.includes('--check')) {
  for (const name of stale) console.error(`docs/reference/${name} is stale: npm run docs`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of pages) writeFileSync(`${directory}${name}`, text);
  console.log(stale.length === 0 ? 'docs/reference/ was up to date.' : `Renewed: ${stale.join(', ')}`);
}

function onDisk(name: string): string | undefined {
  try {
    return readFileSync(`${directory}${name}`, 'utf8');
  } catch {
    return undefined;
  }
}
