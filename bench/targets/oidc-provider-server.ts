/** The peer: oidc-provider with a plain Map as adapter and login pages of a few bytes. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Provider } from 'oidc-provider';
import { createTwoGenerations } from './two-generations.ts';

const port = Number(process.env['BENCH_PORT']);
const issuer = `http://127.0.0.1:${port}`;
const tokenForm = process.env['BENCH_TOKENS'] ?? 'identifier';
const secret = process.env['BENCH_SECRET'] ?? '';
const redirectUri = process.env['BENCH_REDIRECT_URI'] ?? '';
const jwks: Readonly<Record<string, object>> = JSON.parse(process.env['BENCH_KEYS'] ?? '{}');

interface Payload {
  readonly uid?: string;
  consumed?: number;
}

/** The shipped in-memory adapter walks all tokens of a grant at each write; this one has no such habit. */
function createMapAdapter(): object {
  const records = createTwoGenerations<Payload>();
  const idsByUid = createTwoGenerations<string>();
  return {
    upsert: async (id: string, payload: Payload) => {
      records.set(id, payload);
      if (payload.uid !== undefined) idsByUid.set(payload.uid, id);
    },
    find: async (id: string) => records.get(id),
    findByUid: async (uid: string) => records.get(idsByUid.get(uid) ?? ''),
    findByUserCode: async () => undefined,
    consume: async (id: string) => {
      const record = records.get(id);
      if (record) record.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id: string) => records.delete(id),
    revokeByGrantId: async () => {},
  };
}

/**
 * Whether refresh tokens go with what a client asks for. By itself, oidc-provider gives none without a new consent each time;
 * the client whose users come again gets one all the same, as Tessera gives it.
 */
function offline(clientId: string, scopes: ReadonlySet<string>): boolean {
  return clientId === 'returning' || scopes.has('offline_access');
}

const userClient = {
  client_secret: secret,
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  redirect_uris: [redirectUri],
  scope: 'openid email offline_access',
};

const provider = new Provider(issuer, {
  adapter: createMapAdapter,
  jwks: { keys: Object.values(jwks) },
  clients: [
    {
      client_id: 'client-credentials',
      client_secret: secret,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      scope: 'read',
    },
    { client_id: 'code', ...userClient },
    { client_id: 'returning', ...userClient },
  ],
  scopes: ['openid', 'email', 'offline_access', 'read'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  findAccount: (_context: unknown, sub: string) => ({
    accountId: sub,
    claims: async () => ({ sub, email: `${sub}@example.com`, email_verified: true }),
  }),
  cookies: { keys: ['benchmark-cookie-key'] },
  interactions: { url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
  rotateRefreshToken: false,
  issueRefreshToken: async (_context: unknown, client: { clientId: string }, source: { scopes: ReadonlySet<string> }) =>
    offline(client.clientId, source.scopes),
  expiresWithSession: async (_context: unknown, source: { clientId: string; scopes: ReadonlySet<string> }) =>
    !offline(source.clientId, source.scopes),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    registration: { enabled: true, initialAccessToken: process.env['BENCH_REGISTRATION_TOKEN'] },
    resourceIndicators: {
      enabled: tokenForm !== 'identifier',
      defaultResource: (_context: unknown, client: { clientId: string }) =>
        client.clientId === 'client-credentials' ? 'urn:bench:api' : undefined,
      getResourceServerInfo: () => ({
        scope: 'read',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: tokenForm } },
      }),
    },
  },
  ttl: {
    AccessToken: 600,
    ClientCredentials: 600,
    IdToken: 600,
    Interaction: 900,
    Session: 86_400,
    Grant: 86_400,
    RefreshToken: 86_400,
  },
});

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  return new Promise((resolve, reject) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => resolve(new URLSearchParams(body)));
    request.on('error', reject);
  });
}

async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = request.method === 'POST' ? await bodyOf(request) : undefined;
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (body === undefined) {
    const page = `<form method="post"><button>${prompt.name}</button></form>`;
    response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Length': Buffer.byteLength(page) });
    response.end(page);
  } else if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: body.get('login') ?? '' } });
  } else {
    const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  }
}

const protocol = provider.callback();
const server = createServer((request, response) => {
  if (!request.url?.startsWith('/interaction/')) return protocol(request, response);
  interact(request, response).catch((problem) => {
    response.writeHead(500);
    response.end(String(problem));
  });
});
server.listen(port, '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
