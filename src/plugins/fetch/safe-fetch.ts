import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { messageOf } from '../../domain/error-message.ts';
import { FetchError, type FetchRequest, type FetchResponse, type HttpFetch } from '../../ports/http-fetch.ts';
import { checkUrl } from '../../protocol/outgoing/check-url.ts';
import { isForbiddenAddress } from '../../protocol/outgoing/forbidden-addresses.ts';
import { createCheckedLookup, type ResolveAll, systemResolve } from './checked-lookup.ts';

/** How outgoing requests behave. */
export interface HttpFetchOptions {
  /** Fetch plain http for clients too. For tests only. */
  readonly allowHttp?: boolean;
  /** Fetch from private addresses and any port for clients too. For tests and closed networks. */
  readonly allowPrivateAddresses?: boolean;
  /** Do not check TLS certificates. For tests only. */
  readonly trustSelfSignedCerts?: boolean;
  /** Certificates of authorities to trust instead of the usual ones, PEM. */
  readonly ca?: SecureContextOptions['ca'];
  /** Milliseconds for a whole request; otherwise the connect timeout and five read timeouts. */
  readonly totalTimeout?: number;
  /** Resolves names; the system's resolver by default. */
  readonly resolve?: ResolveAll;
}

/** Bytes of response headers. */
export const maxHeaderSize = 16_384;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Outgoing requests under the rules of the port: every address that a name resolves to is checked where it is connected to,
 * IP literals are checked in whichever spelling, redirects are refused, the answer is bounded in size and time while it
 * arrives, and content codings are refused, so that no small answer becomes a large one. Connections are kept
 * for trusted URLs alone.
 */
export function createHttpFetch(options: HttpFetchOptions = {}): HttpFetch {
  const tls = {
    rejectUnauthorized: options.trustSelfSignedCerts !== true,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  // Shorter than the usual patience of servers: a connection that the server closes while a request sets out fails it.
  const keep = { keepAlive: true, maxSockets: 64, timeout: 4000 };
  const trustedAgents = { http: new HttpAgent(keep), https: new HttpsAgent({ ...keep, ...tls }) };
  const checkedLookup = createCheckedLookup(options.resolve ?? systemResolve);

  return {
    async fetch(request) {
      const open = request.trusted === true || options.allowPrivateAddresses === true;
      const url = checkUrl(request.url, {
        allowHttp: request.trusted === true || options.allowHttp === true,
        allowPrivateAddresses: open,
      });
      const secure = url.protocol === 'https:';
      const agents = secure ? trustedAgents.https : trustedAgents.http;
      return exchange(request, url, {
        totalTimeout: options.totalTimeout ?? request.connectTimeout + 5 * request.readTimeout,
        lookup: open ? undefined : checkedLookup,
        start: (settings) => {
          const all = { ...settings, ...tls, maxHeaderSize, agent: request.trusted === true ? agents : false };
          return secure ? httpsRequest(url, all) : httpRequest(url, all);
        },
      });
    },
  };
}

interface Exchange {
  readonly totalTimeout: number;
  /** Set when addresses are to be checked. */
  readonly lookup: LookupFunction | undefined;
  start(settings: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly lookup?: LookupFunction;
  }): ClientRequest;
}

/** Sends a request and settles exactly once; whatever ends it also destroys the socket, but for a complete answer. */
function exchange(request: FetchRequest, url: URL, { totalTimeout, lookup, start }: Exchange): Promise<FetchResponse> {
  return new Promise((resolve, reject) => {
    let outgoing: ClientRequest;
    const timers = createTimers((what) => fail(new FetchError('timeout', `${what} of ${url.hostname}`)));
    const fail = (error: unknown) => {
      timers.stop();
      outgoing?.destroy();
      reject(asFetchError(error, url.hostname));
    };
    try {
      outgoing = start({
        method: request.method ?? 'GET',
        headers: headersOf(request),
        ...(lookup === undefined ? {} : { lookup }),
      });
    } catch (error) {
      fail(error);
      return;
    }
    timers.total(totalTimeout);
    timers.idle(request.connectTimeout, 'timeout of the connection');
    const connected = () => timers.idle(request.readTimeout, 'timeout of the answer');
    outgoing.on('socket', (socket) => {
      if (!socket.connecting) return connected();
      socket.once('connect', () => {
        // The last word: what the socket is connected to, however it came there.
        if (lookup !== undefined && isForbiddenAddress(socket.remoteAddress ?? '')) {
          fail(
            new FetchError('forbidden-address', `${url.hostname} is at ${socket.remoteAddress}, not a public address`),
          );
        }
      });
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
    });
    outgoing.on('error', fail);
    outgoing.on('upgrade', () => fail(new FetchError('network', `${url.hostname} switched protocols`)));
    outgoing.on('response', (incoming) => {
      readAnswer(incoming, request, { url, onData: connected }).then((answer) => {
        timers.stop();
        resolve(answer);
      }, fail);
    });
    outgoing.end(request.body ?? '');
  });
}

async function readAnswer(
  incoming: IncomingMessage,
  { maxSize }: FetchRequest,
  { url, onData }: { readonly url: URL; readonly onData: () => void },
): Promise<FetchResponse> {
  const status = incoming.statusCode ?? 0;
  if (status >= 300 && status < 400) {
    throw new FetchError('redirect', `${url.hostname} answered with a redirect (${status}), which is not followed`);
  }
  const coding = incoming.headers['content-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw new FetchError('network', `${url.hostname} answered with a content coding that was not asked for`);
  }
  const tooLarge = () => new FetchError('too-large', `${url.hostname} answered with more than ${maxSize} bytes`);
  if (Number(incoming.headers['content-length'] ?? 0) > maxSize) throw tooLarge();
  onData();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    if (!Buffer.isBuffer(chunk)) continue;
    onData();
    size += chunk.length;
    if (size > maxSize) throw tooLarge();
    chunks.push(chunk);
  }
  if (!incoming.complete) throw new FetchError('network', `${url.hostname} broke the answer off`);
  return { status, contentType: incoming.headers['content-type'], body: decode(Buffer.concat(chunks), url) };
}

function decode(body: Buffer, url: URL): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new FetchError('network', `${url.hostname} answered with invalid UTF-8`);
  }
}

function headersOf(request: FetchRequest): Record<string, string> {
  const length: Record<string, string> =
    request.body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(request.body)) };
  return { ...request.headers, ...length, 'Accept-Encoding': 'identity' };
}

/** Two deadlines: one for the whole request, and one that each sign of life moves. */
function createTimers(expire: (what: string) => void) {
  let total: NodeJS.Timeout | undefined;
  let idle: NodeJS.Timeout | undefined;
  let stopped = false;
  return {
    total(milliseconds: number) {
      total = setTimeout(expire, milliseconds, 'timeout of the whole answer');
    },
    idle(milliseconds: number, what: string) {
      clearTimeout(idle);
      if (!stopped) idle = setTimeout(expire, milliseconds, what);
    },
    stop() {
      stopped = true;
      clearTimeout(total);
      clearTimeout(idle);
    },
  };
}

function asFetchError(error: unknown, host: string): FetchError {
  if (error instanceof FetchError) return error;
  return new FetchError('network', `${host}: ${messageOf(error)}`);
}
