import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/testing/free-port.ts';
import { type ServerProcess, startTessera } from '../support/server-process.ts';

/** What a stranger has after `npm start`: a terminal to read. */
export interface DevServer extends AsyncDisposable {
  readonly process: ServerProcess;
  /** From the start of the process to the printed URL, in milliseconds. */
  readonly readyAfter: number;
  /** The URL that the terminal says to click. */
  readonly playground: string;
  /** The lines of the terminal that are commands for a shell. */
  readonly commands: readonly string[];
  /** Stops the server and starts it again in the same place; from then on the new one counts. */
  restart(): Promise<DevServer>;
}

/** Where a server listens and keeps its data. */
interface Place {
  readonly port: number;
  readonly data: string;
}

/** Runs `tessera dev` on a free port, with a data directory of its own and these further arguments. */
export async function startDev(more: (port: number) => readonly string[] = () => []): Promise<DevServer> {
  return start({ port: await freePort(), data: mkdtempSync(join(tmpdir(), 'tessera-dev-')) }, more);
}

async function start(place: Place, more: (port: number) => readonly string[]): Promise<DevServer> {
  const { port, data } = place;
  const started = performance.now();
  const server = startTessera(['dev', '--port', `${port}`, '--data', data, ...more(port)]);
  const [, playground = ''] = await server.waitFor(/Click through a login +(\S+)\n/);
  const readyAfter = performance.now() - started;
  await server.waitFor(/Stop with Ctrl-C/);
  return {
    process: server,
    readyAfter,
    playground,
    commands: server
      .output()
      .split('\n')
      .filter((line) => /^(?:curl|TOKEN=)/.test(line)),
    async restart() {
      await server.stop();
      return start(place, more);
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
