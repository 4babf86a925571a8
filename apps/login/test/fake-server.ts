import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { isJsonObject, type JsonObject } from '../../kit/src/json.ts';

/** One call that the login page made. */
export interface RecordedCall {
  readonly method: string;
  readonly path: string;
  readonly sid: string | undefined;
  readonly token: string | undefined;
  readonly body: JsonObject;
}

/** What the fake answers: a status and a JSON body. */
export interface Answer {
  readonly status?: number;
  readonly body?: object;
}

/** A stand-in for the web APIs: records calls, and answers what the test has laid ready. */
export interface FakeServer {
  readonly url: string;
  readonly calls: RecordedCall[];
  /** Sets the answer for `METHOD kind`; kind is `start`, `one` or `session`. */
  on(what: string, answer: Answer | ((call: RecordedCall) => Answer | Promise<Answer>)): void;
  last(method: string): RecordedCall;
  [Symbol.asyncDispose](): Promise<void>;
}

function kindOf(path: string): string {
  if (path.startsWith('/session-store/rest/v2/sessions')) return 'session';
  return path === '/authz-sessions/rest/v3' ? 'start' : 'one';
}

async function record(request: IncomingMessage): Promise<RecordedCall> {
  const hasBody = request.method === 'POST' || request.method === 'PUT';
  const body: unknown = hasBody ? await json(request) : {};
  const sid = request.headers['sid'];
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    sid: typeof sid === 'string' ? sid : undefined,
    token: request.headers.authorization,
    body: isJsonObject(body) ? body : {},
  };
}

/** Starts the fake on a free port. */
export async function startFakeServer(): Promise<FakeServer> {
  const answers = new Map<string, (call: RecordedCall) => Answer | Promise<Answer>>();
  const calls: RecordedCall[] = [];
  const server = createServer((request, response) => {
    void record(request).then(async (call) => {
      calls.push(call);
      const answer = (await answers.get(`${call.method} ${kindOf(call.path)}`)?.(call)) ?? { status: 500 };
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body ?? {}));
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    on: (what, answer) => answers.set(what, typeof answer === 'function' ? answer : () => answer),
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
    },
  };
}
