import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { demoApiTokenHash, demoEncryptionKey } from '../../src/demo.ts';
import { freePort } from '../../src/testing/free-port.ts';

/** The server as a process of its own, as an operator runs it. */
export interface ServerProcess {
  readonly pid: number;
  /** All that it has written to standard output and standard error so far. */
  output(): string;
  /** Resolves with the first match in the output; rejects when the process ends before, or after `within` milliseconds. */
  waitFor(pattern: RegExp, within?: number): Promise<RegExpExecArray>;
  /** Ends the process without any warning (SIGKILL) and waits until it is gone. */
  kill(): Promise<void>;
  /** Asks the process to end (SIGTERM) and answers its exit code. */
  stop(): Promise<number | null>;
}

/** A `tessera serve` that listens. */
export interface RunningServe extends ServerProcess {
  /** Base URL of all endpoints of this process; its issuer may be that of another one. */
  readonly base: string;
  readonly issuer: string;
}

/** Which server to start; the same port and issuer again to start it anew. */
export interface ServeOptions {
  readonly properties: Readonly<Record<string, string>>;
  /** Any free one by default. */
  readonly port?: number;
  /** `http://localhost:port` by default. */
  readonly issuer?: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const READY_WITHIN = 20_000;

/** Starts `tessera` with these arguments by the Node.js of this process, from the root of the repository. */
export function startTessera(args: readonly string[]): ServerProcess {
  const child = spawn(process.execPath, [main, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let output = '';
  const listeners = new Set<() => void>();
  const collect = (chunk: string) => {
    output += chunk;
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  // A test that fails must not leave a server behind.
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  child.once('close', () => {
    process.off('exit', killAtExit);
    for (const listener of listeners) listener();
  });
  const end = async (signal: NodeJS.Signals) => {
    if (isAlive(child)) child.kill(signal);
    await ended;
    return child.exitCode;
  };
  return {
    pid: child.pid ?? 0,
    output: () => output,
    waitFor: (pattern, within = READY_WITHIN) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          clearTimeout(timer);
          listeners.delete(look);
          act();
        };
        const fail = (why: string) => settle(() => reject(new Error(`${why} before ${pattern} was seen:\n${output}`)));
        const look = () => {
          const match = pattern.exec(output);
          if (match) settle(() => resolve(match));
          else if (!isAlive(child)) fail(`the server ended with ${child.exitCode ?? child.signalCode}`);
        };
        const timer = setTimeout(() => fail(`${within} ms passed`), within);
        listeners.add(look);
        look();
      }),
    async kill() {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
  };
}

/** Starts `tessera serve` with its web APIs open to the demo token, and waits until it listens. */
export async function startServe(options: ServeOptions): Promise<RunningServe> {
  const port = options.port ?? (await freePort());
  const issuer = options.issuer ?? `http://localhost:${port}`;
  const properties = { ...openToTests, 'op.issuer': issuer, 'http.port': `${port}`, ...options.properties };
  const server = startTessera(['serve', ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`)]);
  await server.waitFor(/"eventId":"OP9012"|\bOP9012\b/);
  return { ...server, base: `http://127.0.0.1:${port}${new URL(issuer).pathname.replace(/\/$/, '')}`, issuer };
}

const openToTests = {
  'op.authz.endpoint': 'login',
  'op.authz.apiAccessTokenSHA256': demoApiTokenHash,
  'op.reg.apiAccessTokenSHA256': demoApiTokenHash,
  'sessionStore.apiAccessTokenSHA256': demoApiTokenHash,
  'monitor.apiAccessTokenSHA256': demoApiTokenHash,
  'keyStore.encJWK': JSON.stringify({ kty: 'oct', use: 'enc', k: demoEncryptionKey }),
  'op.grantHandler.clientCredentials.simpleHandler.enable': 'true',
  'op.grantHandler.clientCredentials.simpleHandler.accessToken.encoding': 'IDENTIFIER',
};

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
