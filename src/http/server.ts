import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { OAuthError } from '../errors/oauth-error.ts';
import type { HttpReply, HttpRequest } from '../ports/endpoint.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/metrics.ts';
import type { Provider, Route } from '../protocol/context.ts';
import { bearerErrorReply, errorReply } from '../protocol/replies.ts';
import { createCors } from './cors.ts';
import type { HttpSettings } from './properties.ts';
import { createRequestIds } from './request-ids.ts';

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
  readonly mounts: readonly Mount[];
  readonly settings: HttpSettings;
  readonly log: Log;
}

/** A listening HTTP server. */
export interface HttpServer {
  /** Starts to listen; resolves to the port. */
  listen(): Promise<number>;
  /** Lets running requests finish, and closes. */
  close(): Promise<void>;
}

/** Builds the HTTP server: the only place that knows how requests come in and replies go out. */
export function createHttpServer(deps: ServerDeps): HttpServer {
  const { settings, provider, log } = deps;
  const app = Fastify({
    serverFactory: (handler) => listenerWithMounts(handler, deps),
    bodyLimit: settings.bodyLimit,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1000 },
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    // Fastify's own logger, request IDs and errors are not used: replies are written by `send`.
    logger: false,
    frameworkErrors: (error, request, reply) => fail(error, request, reply),
  });
  // Any content type arrives as bytes: whether it fits is the endpoint's business.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const requestIds = createRequestIds(provider.random);
  const meters = statusMeters(deps);
  const cors = createCors(settings);

  const send = (request: FastifyRequest, reply: FastifyReply, answer: HttpReply) => {
    meters[Math.floor(answer.status / 100)]?.mark();
    reply.hijack();
    const headers: Record<string, string | number> = { ...answer.headers };
    cors.decorate(request.headers.origin, headers);
    if (answer.status !== 304 && answer.status !== 204) headers['Content-Length'] = Buffer.byteLength(answer.body);
    reply.raw.writeHead(answer.status, headers);
    reply.raw.end(request.method === 'HEAD' ? undefined : answer.body);
  };

  const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    if (error instanceof OAuthError) {
      return send(
        request,
        reply,
        error.status === 401 || error.status === 403 ? bearerErrorReply(error) : errorReply(error),
      );
    }
    const refused = clientFault(error);
    if (refused) return send(request, reply, errorReply(refused));
    const requestId = requestIds.next();
    log.error(
      'OP9000',
      'A request failed for an internal reason',
      { requestId, path: request.routeOptions.url },
      error,
    );
    send(
      request,
      reply,
      errorReply(new OAuthError('server-error', 'see the log'), { headers: { 'X-Correlation-ID': requestId } }),
    );
  };
  app.setErrorHandler(fail);

  const prefix = new URL(provider.issuer).pathname.replace(/\/$/, '');
  addRoutes(app, { ...deps, prefix, send, fail, nextRequestId: requestIds.next });
  app.setNotFoundHandler((request, reply) =>
    send(request, reply, errorReply(new OAuthError('no-such-resource', request.url))),
  );

  return {
    async listen() {
      await app.listen({ host: settings.host, port: settings.port });
      const address = app.server.address();
      return typeof address === 'object' && address ? address.port : settings.port;
    },
    close: () => app.close(),
  };
}

interface Routing extends ServerDeps {
  readonly prefix: string;
  send(request: FastifyRequest, reply: FastifyReply, answer: HttpReply): void;
  fail(error: unknown, request: FastifyRequest, reply: FastifyReply): void;
  nextRequestId(): string;
}

/** Registers each resource with its methods, `HEAD` where there is `GET`, and `405` with `Allow` for the rest. */
function addRoutes(app: FastifyInstance, routing: Routing): void {
  const { provider, log, send, fail } = routing;
  const byPath = Map.groupBy(routing.routes, (route) => `${routing.prefix}${route.path.replace(/\{(\w+)\}/g, ':$1')}`);
  for (const [path, routes] of byPath) {
    const endpoints = new Map(routes.map((route) => [route.method as string, route.endpoint]));
    const get = endpoints.get('GET');
    if (get) endpoints.set('HEAD', get);
    const allow = [...endpoints.keys(), 'OPTIONS'].join(', ');
    app.all(path === '' ? '/' : path, (request, reply) => {
      const endpoint = endpoints.get(request.method);
      if (!endpoint) {
        if (request.method === 'OPTIONS')
          return send(request, reply, { status: 204, headers: { Allow: allow }, body: '' });
        const error = new OAuthError('method-not-allowed', `${request.method} is not among ${allow}`);
        return send(request, reply, errorReply(error, { headers: { Allow: allow } }));
      }
      const requestId = routing.nextRequestId();
      const ctx = { provider, requestId, log: log.child({ requestId }) };
      try {
        const answer = endpoint(ctx, requestView(request));
        if (!(answer instanceof Promise)) return send(request, reply, answer);
        answer.then(
          (value) => send(request, reply, value),
          (error: unknown) => fail(error, request, reply),
        );
      } catch (error) {
        fail(error, request, reply);
      }
    });
  }
}

const nothing = Buffer.alloc(0);

function requestView(request: FastifyRequest): HttpRequest {
  const { url, headers } = request.raw;
  const question = url === undefined ? -1 : url.indexOf('?');
  return {
    method: request.method,
    params: isTextRecord(request.params) ? request.params : {},
    query: question < 0 || url === undefined ? '' : url.slice(question + 1),
    headers,
    body: Buffer.isBuffer(request.body) ? request.body : nothing,
    remoteAddress: request.raw.socket.remoteAddress ?? '',
  };
}

function isTextRecord(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null;
}

/** What the HTTP parser or the router has refused, in our words; `undefined` for a fault of the server. */
function clientFault(error: unknown): OAuthError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new OAuthError('body-too-large', 'http.bodyLimit');
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new OAuthError('bad-request', `refused: ${String(code)}`);
  return undefined;
}

function statusMeters({ provider }: ServerDeps): Readonly<Record<number, Meter>> {
  const meter = (family: string) => provider.metrics.meter(`http.responses.${family}`);
  return { 2: meter('2xx'), 3: meter('3xx'), 4: meter('4xx'), 5: meter('5xx') };
}

/** Requests below a mount never reach the router. */
function listenerWithMounts(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  { mounts, settings, log }: ServerDeps,
): Server {
  const server = createServer(
    { optimizeEmptyRequests: true, requestTimeout: settings.requestTimeout, headersTimeout: settings.requestTimeout },
    (request, response) => {
      const path = request.url?.split('?', 1)[0] ?? '';
      const mount = mounts.find((candidate) => path === candidate.path || path.startsWith(`${candidate.path}/`));
      if (!mount) return handler(request, response);
      mount.handler(request, response).catch((error: unknown) => {
        log.error('OP9001', 'A mounted page failed', { path: mount.path }, error);
        if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'text/plain' });
        response.end('Unexpected error');
      });
    },
  );
  server.keepAliveTimeout = settings.keepAliveTimeout;
  return server;
}
