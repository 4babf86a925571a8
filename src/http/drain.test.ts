import { Agent, createServer, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Route } from '../protocol/context.ts';
import { defaultsOf } from '../testing/defaults.ts';
import { testProvider } from '../testing/test-server.ts';
import { prepareDrain } from './drain.ts';
import { httpProperties } from './properties.ts';
import { createHttpServer } from './server.ts';

const agents: Agent[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const agent of agents.splice(0)) agent.destroy();
});

/** An agent that keeps its connections open, as proxies do. */
function keepingAgent(maxSockets: number): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets });
  agents.push(agent);
  return agent;
}

interface Answer {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

function get(port: number, path: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, agent }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ body, headers: response.headers }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** A server with a quick resource, and one that answers when `finish` is called. */
async function serve() {
  const started = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<void>();
  const reply = { status: 200, headers: { 'Content-Type': 'text/plain' }, body: 'done' };
  const slow = async () => {
    started.resolve();
    await finished.promise;
    return reply;
  };
  const routes: Route[] = [
    { method: 'GET', path: '/quick', wellKnown: false, endpoint: () => reply },
    { method: 'GET', path: '/slow', wellKnown: false, endpoint: slow },
  ];
  const server = createHttpServer({
    provider: await testProvider(),
    routes,
    mounts: [],
    settings: { ...defaultsOf(httpProperties), port: 0 },
  });
  return { server, port: await server.listen(), started: started.promise, finish: finished.resolve };
}

/** Begins to close, and resolves once the server accepts no more: it takes what is in the queue first, some turns long. */
async function beginToClose(server: { close(): Promise<void> }): Promise<{ readonly closed: Promise<void> }> {
  const closed = server.close();
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  return { closed };
}

/** Milliseconds that something took: far below the limit after which connections are cut. */
async function durationOf(promise: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await promise;
  return performance.now() - start;
}

describe('a server that closes', () => {
  test('answers every request of kept connections, tells each that it ends, and is gone in moments', async () => {
    const { server, port } = await serve();
    const agent = keepingAgent(8);
    const enough = Promise.withResolvers<void>();
    let answered = 0;
    const caller = async () => {
      for (;;) {
        const { body, headers } = await get(port, '/quick', agent);
        expect(body).toBe('done');
        answered++;
        if (answered === 200) enough.resolve();
        if (headers.connection === 'close') return;
      }
    };
    const callers = Array.from({ length: 8 }, caller);
    await enough.promise;
    const closing = durationOf(server.close());
    await Promise.all(callers);
    expect(await closing).toBeLessThan(3000);
    await expect(get(port, '/quick', keepingAgent(1))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('answers those whose connections were made, but not yet accepted', async () => {
    const { server, port } = await serve();
    const agent = keepingAgent(Number.POSITIVE_INFINITY);
    const first = get(port, '/quick', agent);
    const others = Array.from({ length: 50 }, () => get(port, '/quick', agent));
    await first;
    const closed = server.close();
    expect((await Promise.all(others)).map(({ body }) => body)).toEqual(others.map(() => 'done'));
    await closed;
  });

  test('answers a request that comes on an idle connection right after the signal', async () => {
    const { server, port } = await serve();
    const agent = keepingAgent(1);
    expect((await get(port, '/quick', agent)).headers.connection).toBe('keep-alive');
    const { closed } = await beginToClose(server);
    expect((await get(port, '/quick', agent)).headers.connection).toBe('close');
    await closed;
  });

  test('finishes what is running, and ends its connection behind the answer', async () => {
    const { server, port, started, finish } = await serve();
    const answer = get(port, '/slow', keepingAgent(1));
    await started;
    const { closed } = await beginToClose(server);
    finish();
    expect(await answer).toMatchObject({ body: 'done', headers: { connection: 'close' } });
    expect(await durationOf(closed)).toBeLessThan(3000);
  });

  test('does not wait for connections that are idle or have never sent anything', async () => {
    const { server, port } = await serve();
    await get(port, '/quick', keepingAgent(1));
    const silent = connect(port, '127.0.0.1');
    const ended = new Promise((resolve) => silent.once('close', resolve));
    await new Promise((resolve) => silent.once('connect', resolve));
    // The server has accepted it, too, when it answers what came later.
    await get(port, '/quick', keepingAgent(1));
    expect(await durationOf(server.close())).toBeLessThan(3000);
    await ended;
  });

  test('cuts a request that does not end within ten seconds', async () => {
    const { server, port, started } = await serve();
    const answer = get(port, '/slow', keepingAgent(1));
    const cut = expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' });
    await started;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { closed } = await beginToClose(server);
    await vi.advanceTimersByTimeAsync(10_000);
    await closed;
    await cut;
  });
});

test('a connection that becomes idle without having been told of the end is closed too', async () => {
  const finished = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    void finished.promise.then(() => response.end('done'));
  });
  const drain = prepareDrain(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const { port } = address;
  const received = new Promise((resolve) => server.once('request', resolve));
  const answer = get(port, '/', keepingAgent(1));
  await received;
  const { closed } = await beginToClose(drain);
  finished.resolve();
  expect((await answer).headers.connection).toBe('keep-alive');
  expect(await durationOf(closed)).toBeLessThan(3000);
});
