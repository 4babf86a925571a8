/**
 * A node:http server that does only what no server can avoid: parse the request, compare the secret, keep what must be
 * kept, sign, answer. It validates nothing beyond the scenarios; its rate is a limit, not a goal.
 */
import { createPublicKey, hash, randomFillSync, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parse as parseForm } from 'node:querystring';
import { createBatchSigner, type SigningKeys } from './batch-signer.ts';
import { createTwoGenerations } from './two-generations.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const port = Number(process.env['BENCH_PORT']);
const issuer = `http://127.0.0.1:${port}`;
const tokenForm = process.env['BENCH_TOKENS'] ?? 'identifier';
const secretDigest = hash('sha256', process.env['BENCH_SECRET'] ?? '', 'buffer');
const registrationDigest = hash('sha256', `Bearer ${process.env['BENCH_REGISTRATION_TOKEN']}`, 'buffer');
const jwks: SigningKeys = JSON.parse(process.env['BENCH_KEYS'] ?? '{}');

const signLater = createBatchSigner(jwks);

const pool = Buffer.alloc(8192);
let poolAt = pool.length;

function randomId(): string {
  if (poolAt === pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  poolAt += 32;
  return pool.toString('base64url', poolAt - 32, poolAt);
}

interface Grant {
  readonly sub: string;
  readonly scope: string;
  readonly iat: number;
  readonly exp: number;
}
interface Login {
  readonly query: string;
  sub: string;
}
/** Of a user who has signed in and consented. */
interface Session {
  readonly sub: string;
  readonly offline: boolean;
}
interface Code {
  readonly sub: string;
  readonly challenge: string;
  readonly offline: boolean;
}

const accessTokens = createTwoGenerations<Grant>();
const refreshTokens = createTwoGenerations<Grant>();
const logins = createTwoGenerations<Login>();
const codes = createTwoGenerations<Code>();
const sessions = createTwoGenerations<Session>();
const clients = createTwoGenerations<object>();

function reply(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

function documentOf(value: object): Handler {
  const body = Buffer.from(JSON.stringify(value));
  const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
  return (_request, response) => {
    response.writeHead(200, headers);
    response.end(body);
  };
}

/** The client_id of a request with the right secret (RFC 6749, section 2.3.1), else undefined after a 401. */
function authenticated(request: IncomingMessage, response: ServerResponse): string | undefined {
  const credentials = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString();
  const colon = credentials.indexOf(':');
  if (timingSafeEqual(hash('sha256', credentials.slice(colon + 1), 'buffer'), secretDigest)) {
    return credentials.slice(0, colon);
  }
  reply(response, 401, '{"error":"invalid_client"}');
  return undefined;
}

function bearer(request: IncomingMessage): string {
  return request.headers.authorization?.slice(7) ?? '';
}

function grantFor(sub: string, scope: string): Grant {
  const iat = Math.floor(Date.now() / 1000);
  return { sub, scope, iat, exp: iat + 600 };
}

function issueIdentifier(grant: Grant): string {
  const token = randomId();
  accessTokens.set(token, grant);
  return token;
}

function answerWithIdToken(response: ServerResponse, clientId: string, sub: string, refreshToken?: string): void {
  const grant = grantFor(sub, 'openid email');
  const accessToken = issueIdentifier(grant);
  const digest = hash('sha256', accessToken, 'buffer');
  const claims = {
    iss: issuer,
    sub,
    aud: clientId,
    iat: grant.iat,
    exp: grant.exp,
    at_hash: digest.toString('base64url', 0, 16),
  };
  signLater('RS256', claims, (idToken) => {
    reply(
      response,
      200,
      JSON.stringify({
        access_token: accessToken,
        token_type: 'Bearer',
        expires_in: 600,
        scope: grant.scope,
        refresh_token: refreshToken,
        id_token: idToken,
      }),
    );
  });
}

function clientCredentials(response: ServerResponse, clientId: string, scope: string): void {
  const grant = grantFor(clientId, scope);
  const answer = (token: string): void =>
    reply(response, 200, JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 600, scope }));
  if (tokenForm === 'RS256' || tokenForm === 'ES256' || tokenForm === 'EdDSA') {
    signLater(tokenForm, { iss: issuer, client_id: clientId, aud: issuer, jti: randomId(), ...grant }, answer);
  } else {
    answer(issueIdentifier(grant));
  }
}

const token: Handler = (request, response, body) => {
  const clientId = authenticated(request, response);
  if (clientId === undefined) return;
  const parameters = parseForm(body);
  switch (parameters['grant_type']) {
    case 'client_credentials':
      return clientCredentials(response, clientId, String(parameters['scope']));
    case 'refresh_token': {
      const grant = refreshTokens.get(String(parameters['refresh_token']));
      if (grant) return answerWithIdToken(response, clientId, grant.sub);
      break;
    }
    case 'authorization_code': {
      const code = codes.get(String(parameters['code']));
      codes.delete(String(parameters['code']));
      const challenge = hash('sha256', String(parameters['code_verifier']), 'base64url');
      if (code?.challenge !== challenge) break;
      if (!code.offline) return answerWithIdToken(response, clientId, code.sub);
      const refreshToken = randomId();
      refreshTokens.set(refreshToken, grantFor(code.sub, 'openid email'));
      return answerWithIdToken(response, clientId, code.sub, refreshToken);
    }
  }
  reply(response, 400, '{"error":"invalid_grant"}');
};

const introspection: Handler = (request, response, body) => {
  const clientId = authenticated(request, response);
  if (clientId === undefined) return;
  const grant = accessTokens.get(String(parseForm(body)['token']));
  if (!grant) return reply(response, 200, '{"active":false}');
  reply(
    response,
    200,
    JSON.stringify({ active: true, client_id: clientId, iss: issuer, ...grant, token_type: 'Bearer' }),
  );
};

const userInfo: Handler = (request, response) => {
  const grant = accessTokens.get(bearer(request));
  if (!grant) return reply(response, 401, '{"error":"invalid_token"}');
  reply(response, 200, JSON.stringify({ sub: grant.sub, email: `${grant.sub}@example.com`, email_verified: true }));
};

const registration: Handler = (request, response, body) => {
  const presented = hash('sha256', request.headers.authorization ?? '', 'buffer');
  if (!timingSafeEqual(presented, registrationDigest)) return reply(response, 401, '{"error":"invalid_token"}');
  const metadata: object = JSON.parse(body);
  const id = randomId();
  const client = {
    ...metadata,
    client_id: id,
    client_secret: randomId(),
    client_id_issued_at: Math.floor(Date.now() / 1000),
  };
  clients.set(id, client);
  reply(response, 201, JSON.stringify(client));
};

const loginPath = '/authz-sessions/rest/v3/';

const startLogin: Handler = (_request, response, body) => {
  const start: { query: string; sub_sid?: string } = JSON.parse(body);
  const session = start.sub_sid === undefined ? undefined : sessions.get(start.sub_sid);
  if (session) return reply(response, 200, JSON.stringify(redirection(start.query, session)));
  const sid = randomId();
  logins.set(sid, { query: start.query, sub: '' });
  reply(response, 200, JSON.stringify({ type: 'auth', sid }));
};

/** The answer to what a login page has sent: the next prompt after a sign-in, the redirection after a consent. */
function nextMessage(login: Login, sid: string, sent: { sub?: string; refresh_token?: { issue: boolean } }): object {
  if (sent.sub !== undefined) {
    login.sub = sent.sub;
    return { type: 'consent', sid };
  }
  logins.delete(sid);
  const session = { sub: login.sub, offline: sent.refresh_token?.issue === true };
  const subSid = randomId();
  sessions.set(subSid, session);
  return { ...redirection(login.query, session), sub_sid: subSid };
}

/** Where to send the browser of a user who has consented. */
function redirection(request: string, session: Session): object {
  const query = parseForm(request);
  const code = randomId();
  codes.set(code, { ...session, challenge: String(query['code_challenge']) });
  const uri = `${String(query['redirect_uri'])}?code=${code}&state=${String(query['state'])}`;
  return { type: 'response', mode: 'query', parameters: { uri } };
}

function proceedLogin(response: ServerResponse, sid: string, body: string): void {
  const login = logins.get(sid);
  if (login) reply(response, 200, JSON.stringify(nextMessage(login, sid, JSON.parse(body))));
  else reply(response, 404, '{"error":"invalid_session"}');
}

const publicKeys = Object.entries(jwks).map(([alg, jwk]) => ({
  ...createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'jwk' }),
  use: 'sig',
  alg,
  kid: jwk['kid'],
}));

const routes = new Map<string, Handler>([
  ['GET /', documentOf({ ok: true })],
  [
    'GET /.well-known/openid-configuration',
    documentOf({
      issuer,
      // About as long as the documents of the others.
      ...Object.fromEntries(
        Array.from({ length: 40 }, (_, index) => [`metadata_${index}`, ['RS256', 'ES256', 'EdDSA']]),
      ),
    }),
  ],
  ['GET /jwks.json', documentOf({ keys: publicKeys })],
  ['POST /token', token],
  ['POST /token/introspect', introspection],
  ['GET /userinfo', userInfo],
  ['POST /clients', registration],
  ['POST /authz-sessions/rest/v3', startLogin],
]);

const server = createServer({ optimizeEmptyRequests: true }, (request, response) => {
  const handler = routes.get(`${request.method} ${request.url}`);
  if (request.method === 'GET' && handler) return handler(request, response, '');
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => {
    if (handler) handler(request, response, body);
    else if (request.url?.startsWith(loginPath)) proceedLogin(response, request.url.slice(loginPath.length), body);
    else reply(response, 404, '{"error":"not_found"}');
  });
});
server.listen(port, '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
