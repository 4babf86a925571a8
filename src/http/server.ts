import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { OAuthError } from '../errors/oauth-error.ts';
import { events } from '../events/catalogue.ts';
import type { HttpReply } from '../ports/endpoint.ts';
import { StorageAway } from '../ports/stores/storage-away.ts';
import type { Endpoint, Provider, Route } from '../protocol/context.ts';
import { bodyTooLarge } from '../protocol/params/body-text.ts';
import { errorReply, refusalReply } from '../protocol/replies.ts';
import { requestContext } from '../protocol/request-context.ts';
import { type Connections, guardConnections } from './connections.ts';
import { contextPathOf, issuerPath } from './context-path.ts';
import { type Cors, createCors } from './cors.ts';
import { type Drain, prepareDrain } from './drain.ts';
import { headLimit } from './head-limit.ts';
import type { HttpSettings } from './properties.ts';
import { hasBody, readBody } from './read-body.ts';
import { createReplySender, type ReplySender } from './reply-sender.ts';
import { createRequestIds } from './request-ids.ts';
import { createRouter, type Match, type Router, type RouterPaths } from './router.ts';

/** A program that answers everything below a path by itself, such as the login pages in development. */
export interface Mount {
  /** With leading and without trailing slash. */
  readonly path: string;
  readonly handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

/** What the HTTP server serves. */
export interface ServerDeps {
  readonly provider: Provider;
  readonly routes: readonly Route[];
  /** Looked at for each request: pages may be mounted later. */
  readonly mounts: readonly Mount[];
  readonly settings: HttpSettings;
}

/** An HTTP server. */
export interface HttpServer {
  /** Starts to listen; resolves to the port. */
  listen(): Promise<number>;
  /** Refuses new connections, lets running requests finish, for 10 seconds at most, and closes. */
  close(): Promise<void>;
}

const nothing = Buffer.alloc(0);

/** Seconds after which a client may try again what failed because the storage is away. */
const RETRY_AFTER = 5;

/** Everything that serving a request takes. */
interface Serving extends ServerDeps {
  readonly router: Router;
  readonly cors: Cors;
  readonly send: ReplySender;
  readonly nextRequestId: () => string;
  readonly drain: Drain;
  readonly connections: Connections;
}

/** Builds the HTTP server: the only place that knows how requests come in and replies go out. */
export function createHttpServer(deps: ServerDeps): HttpServer {
  const { settings, provider } = deps;
  const cors = createCors(settings, provider.issuer);
  const server = createServer(
    {
      optimizeEmptyRequests: true,
      maxHeaderSize: headLimit(provider.settingsOf),
      requestTimeout: settings.requestTimeout,
      headersTimeout: settings.requestTimeout,
      keepAliveTimeout: settings.keepAliveTimeout,
      connectionsCheckingInterval: Math.min(settings.requestTimeout, 10_000),
      // Node would keep the first of two Authorization headers: two credentials are none.
      joinDuplicateHeaders: true,
    },
    (request, response) => receive(serving, request, response),
  );
  const drain = prepareDrain(server);
  const connections = guardConnections(server, settings, provider.events);
  const serving: Serving = {
    ...deps,
    cors,
    router: createRouter(pathsOf(deps), deps.routes),
    send: createReplySender({ cors, told: provider.events, beforehand: drain.mark, afterwards: connections.note }),
    nextRequestId: createRequestIds(provider.random).next,
    drain,
    connections,
  };
  return {
    listen: () => listen(server, settings),
    async close() {
      await drain.close();
      connections.close();
    },
  };
}

function pathsOf({ settings, provider: { issuer } }: ServerDeps): RouterPaths {
  return { prefix: contextPathOf(settings, issuer), issuerPath: issuerPath(issuer) };
}

/** Finds who answers a request, and reads its body first where it has one. */
function receive(serving: Serving, request: IncomingMessage, response: ServerResponse): void {
  // The rest of what came in one piece on a connection that has been cut.
  if (request.socket.destroyed) return;
  const url = originForm(request.url ?? '');
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  const mount = serving.mounts.find(
    (candidate) =>
      path.startsWith(candidate.path) && (path.length === candidate.path.length || path[candidate.path.length] === '/'),
  );
  if (mount) return enterMount(serving, mount, request, response);

  const match = serving.router.find(path);
  const query = question < 0 ? '' : url.slice(question + 1);
  if (!hasBody(request)) return answer(serving, { request, response, match, query, body: nothing });
  readBody(request, serving.settings.bodyLimit, (body) => {
    if (body !== 'too-large') return answer(serving, { request, response, match, query, body });
    // The rest of the body is not waited for.
    response.setHeader('Connection', 'close');
    serving.send(request, response, errorReply(bodyTooLarge(serving.settings.bodyLimit, 'http.bodyLimit')));
  });
}

/** The path and query of a request target, which may come as an absolute URI (RFC 9112, section 3.2.2). */
function originForm(target: string): string {
  if (target.charCodeAt(0) === 0x2f) return target;
  const authority = /^https?:\/\/[^/?#]*/i.exec(target)?.[0];
  if (authority === undefined) return target;
  const rest = target.slice(authority.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** A complete request with its way back. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly match: Match | 'malformed' | undefined;
  readonly query: string;
  readonly body: Buffer;
}

/** Scripts of an origin that may not call are refused before anything happens: not to let them read the answer is too late. */
function refuseForeignOrigin(cors: Cors, { origin }: IncomingHttpHeaders): void {
  if (origin !== undefined && !cors.allows(origin)) {
    throw new OAuthError('origin-refused', 'the Origin is not in cors.allowOrigin');
  }
}

/** A proxy may say for which issuer a request is; of another one, nothing here would be true. */
function refuseOtherIssuer({ issuer }: Provider, { issuer: wanted }: IncomingHttpHeaders): void {
  if (wanted !== undefined && wanted !== issuer) {
    throw new OAuthError('unknown-issuer', `the Issuer header names another issuer than op.issuer=${issuer}`);
  }
}

function answer(serving: Serving, exchange: Exchange): void {
  const { request, response, match } = exchange;
  const endpoint = match && match !== 'malformed' ? match.resource.endpoints.get(request.method ?? '') : undefined;
  if (!endpoint || !match || match === 'malformed') {
    return serving.send(request, response, replyWithoutEndpoint(request, match));
  }
  const requestId = serving.nextRequestId();
  try {
    refuseForeignOrigin(serving.cors, request.headers);
    refuseOtherIssuer(serving.provider, request.headers);
    const reply = callEndpoint(serving, exchange, { endpoint, params: match.params, requestId });
    if (!(reply instanceof Promise)) return serving.send(request, response, reply);
    reply
      .then((value) => serving.send(request, response, value))
      .catch((error: unknown) => fail(serving, exchange, requestId, error));
  } catch (error) {
    fail(serving, exchange, requestId, error);
  }
}

function callEndpoint(
  { provider }: Serving,
  { request, query, body }: Exchange,
  called: { readonly endpoint: Endpoint; readonly params: Match['params']; readonly requestId: string },
): HttpReply | Promise<HttpReply> {
  const { endpoint, params, requestId } = called;
  return endpoint(requestContext(provider, requestId), {
    method: request.method ?? '',
    params,
    query,
    headers: request.headers,
    body,
  });
}

/** The answer where there is no resource, or none for the method. */
function replyWithoutEndpoint(request: IncomingMessage, match: Exchange['match']): HttpReply {
  if (match === undefined) return errorReply(noSuchResource(request));
  if (match === 'malformed') return errorReply(new OAuthError('bad-request', 'broken percent-encoding in the path'));
  const { allow } = match.resource;
  if (request.method === 'OPTIONS') return optionsReply(allow);
  const error = new OAuthError('method-not-allowed', `${request.method} is not among ${allow}`);
  return errorReply(error, { headers: { Allow: allow } });
}

/** Two slashes are not taken for one, nor for the beginning of a host: who glued a path wrongly is told so. */
function noSuchResource({ url = '' }: IncomingMessage): OAuthError {
  const [path = ''] = originForm(url).split('?', 1);
  const told = path.includes('//') ? 'There is no such resource: the path has an empty segment' : undefined;
  return new OAuthError('no-such-resource', 'no route', told);
}

function optionsReply(allow: string): HttpReply {
  return { status: 204, headers: { Allow: allow, 'X-Content-Type-Options': 'nosniff' }, body: '' };
}

/**
 * Answers an error: an `OAuthError` as it says, a storage that is away with 503, so that clients try again (RFC 9110, section
 * 15.6.4), anything else without a word about what it is. The log tells which route failed,
 * not the path of the request, where identifiers may stand that are as good as credentials.
 */
function fail({ send, provider }: Serving, exchange: Exchange, requestId: string, error: unknown): void {
  const { request, response, match } = exchange;
  if (error instanceof OAuthError && error.status < 500) {
    return send(request, response, refusalReply(error));
  }
  const route = match === 'malformed' ? undefined : match?.resource.path;
  const fields = { method: request.method, route };
  if (response.headersSent) {
    response.destroy();
    return provider.events.publish(events.http.replyBroken, fields, error, requestId);
  }
  const headers = { 'X-Correlation-ID': requestId };
  if (error instanceof StorageAway) {
    provider.events.publish(events.storage.away, { cause: error.code, ...fields }, error, requestId);
    const away = new OAuthError('storage-away', error.message);
    return send(request, response, errorReply(away, { headers: { ...headers, 'Retry-After': `${RETRY_AFTER}` } }));
  }
  provider.events.publish(events.http.requestFailed, fields, error, requestId);
  send(request, response, errorReply(new OAuthError('server-error', 'see the log'), { headers }));
}

function enterMount(serving: Serving, mount: Mount, request: IncomingMessage, response: ServerResponse): void {
  const { provider, drain, connections } = serving;
  drain.mark(response);
  mount
    .handler(request, response)
    .catch((error: unknown) => {
      provider.events.emit(events.http.mountFailed, { path: mount.path }, error);
      if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'text/plain' });
      response.end('Unexpected error');
    })
    .finally(() => connections.note(request, response));
}

function listen(server: Server, { host, port }: HttpSettings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
