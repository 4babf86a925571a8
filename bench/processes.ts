import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { availableParallelism } from 'node:os';

/** The core of the servers, one at a time under load, with all their threads. */
export const serverCore = 0;
/** The core of the load generator. */
export const generatorCore = 1;

const ticksPerSecond = Number(runOrNothing('getconf', ['CLK_TCK']) ?? 100);

/** Says why processes can't be pinned to cores, or undefined when they can. */
export function pinningProblem(): string | undefined {
  if (availableParallelism() < 2) return 'the machine has only one core';
  if (runOrNothing('taskset', ['--version']) === undefined) return 'taskset (util-linux) is not installed';
  return undefined;
}

/** Moves this process with all its threads to the generator's core. */
export function pinGenerator(): void {
  execFileSync('taskset', ['-a', '-c', '-p', String(generatorCore), String(process.pid)], { stdio: 'ignore' });
}

/** Children still running: whoever stops the benchmark must not be left with servers that use up the next one's core. */
const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** How a server process is started. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where it will listen, on 127.0.0.1. */
  readonly port: number;
  /** Answers 200 once the server is up. */
  readonly readyPath: string;
  /** Whether to pin it to the servers' core. */
  readonly pinned: boolean;
  /** Called for each message that the process sends over its IPC channel; the channel is opened only then. */
  readonly onMessage?: (message: unknown) => void;
}

/** A server process that has answered. */
export interface ServerProcess {
  readonly port: number;
  /** From spawn to the first 200, milliseconds. */
  readonly readyAfter: number;
  /** User and system time of all its threads so far, seconds. */
  readonly cpuSeconds: () => number;
  /** Resident set, bytes. */
  readonly residentBytes: () => number;
  readonly signal: (name: NodeJS.Signals) => void;
  /** SIGTERM, then SIGKILL after two seconds; resolves when it is gone. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a server and waits for its first answer.
 *
 * @throws Error with the tail of its output when it exits or does not answer within 20 s.
 */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  const [file, args] = server.pinned
    ? ['taskset', ['-c', String(serverCore), server.command, ...server.args]]
    : [server.command, server.args];
  const started = performance.now();
  const child = spawn(file, args, {
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', ...server.env },
    stdio: server.onMessage ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  if (server.onMessage) child.on('message', server.onMessage);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (problem) => {
      output += problem.message;
      resolve();
    });
  }).finally(() => running.delete(child));
  const stop = (): Promise<void> => stopProcess(child, gone);
  try {
    await untilReady(server, child, started);
  } catch (problem) {
    await stop();
    throw new Error(`${server.command} ${server.args.join(' ')}: ${String(problem)}\n${output}`);
  }
  const pid = child.pid;
  return {
    port: server.port,
    readyAfter: performance.now() - started,
    cpuSeconds: () => cpuSecondsOf(pid),
    residentBytes: () => residentBytesOf(pid),
    signal: (name) => void child.kill(name),
    stop,
  };
}

/** CPU time that all processes of the machine have used on all cores, steal by other guests included; seconds. */
export function machineCpuSeconds(): number {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
  const [user, nice, system, , , irq, softirq, steal] = line.trim().split(/\s+/).slice(1).map(Number);
  const all = [user, nice, system, irq, softirq, steal];
  return all.reduce((sum: number, ticks) => sum + (ticks ?? 0), 0) / ticksPerSecond;
}

/** A TCP port on 127.0.0.1 that nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}

async function untilReady(server: ServerCommand, child: ChildProcess, started: number): Promise<void> {
  while (!(await answers200(server.port, server.readyPath))) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) throw new Error('it exited');
    if (performance.now() - started > 20_000) throw new Error(`no 200 from ${server.readyPath} within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function answers200(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    });
    socket.setTimeout(5000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(data.toString('latin1', 0, 12) === 'HTTP/1.1 200');
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

async function stopProcess(child: ChildProcess, gone: Promise<void>): Promise<void> {
  const kill = setTimeout(() => child.kill('SIGKILL'), 2000);
  child.kill('SIGTERM');
  await gone;
  clearTimeout(kill);
}

/** utime and stime are the 14th and 15th field of /proc/<pid>/stat; the second may contain blanks and parentheses. */
function cpuSecondsOf(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function residentBytesOf(pid: number | undefined): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

function runOrNothing(command: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
