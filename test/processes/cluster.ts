import { type Caller, createCaller } from '../../src/testing/caller/caller.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { type RunningServe, startServe } from '../support/server-process.ts';

/** Several server processes behind one issuer, on one database. */
export interface Cluster extends AsyncDisposable {
  readonly issuer: string;
  /** One caller for each process. */
  readonly callers: readonly Caller[];
  /** The caller of the process at this place, counted from 0. */
  at(process: number): Caller;
  /** Makes calls all at once, spread evenly over the processes, and answers their outcomes. */
  race<T>(calls: number, call: (caller: Caller, index: number) => Promise<T>): Promise<T[]>;
}

/** Starts that many processes at once, on what may be an empty database. */
export async function startCluster(size: number, properties: Readonly<Record<string, string>>): Promise<Cluster> {
  const ports: number[] = [];
  while (ports.length < size) {
    const port = await freePort();
    if (!ports.includes(port)) ports.push(port);
  }
  const issuer = `http://localhost:${ports[0]}`;
  const all = { 'op.reg.requireInitialAccessTokenAudience': 'false', ...properties };
  const servers: RunningServe[] = await Promise.all(ports.map((port) => startServe({ port, issuer, properties: all })));
  const callers = servers.map(({ base }) => createCaller(base));
  const at = (process: number): Caller => {
    const caller = callers[process % size];
    if (!caller) throw new Error('a cluster has a process at least');
    return caller;
  };
  return {
    issuer,
    callers,
    at,
    race: (calls, call) => Promise.all(Array.from({ length: calls }, (_, index) => call(at(index), index))),
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}
