import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createFakeClock } from '../../../src/testing/fake-clock.ts';
import { startTestServer, type TestServer } from '../../../src/testing/test-server.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../kit/src/json.ts';

/** One call that the login page made. */
export interface RecordedCall {
  readonly method: string;
  readonly path: string;
  readonly sid: string | undefined;
  readonly token: string | undefined;
  readonly body: JsonObject;
  /** What it was answered; empty until then. */
  answer: JsonObject;
}

/** An answer that a test lays ready: a status and a JSON body. */
export interface Answer {
  readonly status?: number;
  readonly body?: object;
}

type Script = (call: RecordedCall) => Answer | Promise<Answer>;

/** The real server on memory, behind a recorder that says something else where a test wants what no server says on demand. */
export interface RecordedServer {
  readonly url: string;
  readonly real: TestServer;
  readonly calls: RecordedCall[];
  /** Sets the answer for `METHOD kind` in place of the server's; kind is `start`, `one` or `session`. */
  on(what: string, answer: Answer | Script): void;
  last(method: string): RecordedCall;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The tokens of the two web APIs. */
export const TOKENS = { authz: 'api-token', sessions: 'session-token' } as const;

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

function kindOf(path: string): string {
  if (path.startsWith('/session-store/rest/v2/sessions')) return 'session';
  return path.split('?')[0] === '/authz-sessions/rest/v3' ? 'start' : 'one';
}

function record(request: IncomingMessage, body: string): RecordedCall {
  const { method = '', url: path = '', headers } = request;
  const sid = headers['sid'];
  const json = parseJson(body);
  return {
    method,
    path,
    sid: typeof sid === 'string' ? sid : undefined,
    token: headers.authorization,
    body: isJsonObject(json) ? json : {},
    answer: {},
  };
}

/** Starts the server with the client `c1`, its clock at this time (Unix seconds), and the recorder on a free port. */
export async function startRecordedServer(now: number): Promise<RecordedServer> {
  const real = await startTestServer({
    clock: createFakeClock(now),
    properties: {
      'op.authz.apiAccessTokenSHA256': hashOf(TOKENS.authz),
      'sessionStore.apiAccessTokenSHA256': hashOf(TOKENS.sessions),
      'op.authz.includeClientInfoInAuthPrompt': 'true',
    },
  });
  const scripts = new Map<string, Script>();
  const calls: RecordedCall[] = [];

  async function pass(call: RecordedCall, request: IncomingMessage, body: string): Promise<Answer> {
    const headers = new Headers();
    for (const name of ['authorization', 'content-type', 'sid']) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const answer = await real.send(call.path, { method: call.method, headers, body: body === '' ? null : body });
    return { status: answer.status, body: answer.body };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const call = record(request, body);
    calls.push(call);
    const script = scripts.get(`${call.method} ${kindOf(call.path)}`);
    const answer = (await script?.(call)) ?? (await pass(call, request, body));
    call.answer = { ...answer.body };
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(call.answer));
  }

  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => void handle(request, response));
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  // A server that listens at a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    real,
    calls,
    on: (what, answer) => scripts.set(what, typeof answer === 'function' ? answer : () => answer),
    last(method) {
      const call = calls.findLast((candidate) => candidate.method === method);
      if (!call)
        throw new Error(`no ${method} was made; calls: ${calls.map((c) => `${c.method} ${c.path}`).join(', ')}`);
      return call;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
      await real.close();
    },
  };
}

/** The identifier of the session in the answer to a sign-in. */
export function sessionIn({ answer }: RecordedCall): string {
  return String(Object(answer['sub_session']).sid);
}
