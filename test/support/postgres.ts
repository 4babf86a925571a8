import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';

/** A private PostgreSQL server that lives as long as the test process at most. */
export interface PostgresServer {
  readonly available: true;
  /** Directory of the Unix socket, readable by everybody. */
  readonly socketDirectory: string;
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** Makes an empty database and answers how to reach it over TCP, without password. */
  createDatabase(): Promise<PostgresDatabase>;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
}

/** A database of the private server. */
export interface PostgresDatabase {
  readonly name: string;
  /** `postgresql://tessera@127.0.0.1:port/name` */
  readonly connectionString: string;
}

/** No server, and why; for the text of a skip. */
export interface NoPostgres {
  readonly available: false;
  readonly reason: string;
}

/** How to start the server. */
export interface PostgresServerOptions {
  /** True: a commit is on disk as in production. Off for contract tests, where only the answers count. */
  readonly fsync?: boolean;
}

const USER = 'tessera';
const READY_WITHIN = 30_000;

/**
 * Starts PostgreSQL from the binaries of this machine, in a temporary directory, as an unprivileged user when we are root.
 * A guard process stops it and removes the directory when this process ends in whatever way. Without binaries it answers the
 * reason, or throws it when `REQUIRE_SERVICES=1`.
 */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer | NoPostgres> {
  const bin = findBinaries();
  if (bin === undefined)
    return noPostgres('PostgreSQL is not installed; to run these tests: apt-get install postgresql');
  const owner = findOwner();
  if (owner === 'none') return noPostgres('PostgreSQL does not run as root, and there is no user postgres or nobody');
  const directory = mkdtempSync(join(tmpdir(), 'tessera-pg-'));
  if (owner) chownSync(directory, owner.uid, owner.gid);
  const data = join(directory, 'data');
  const settings = { ...owner, cwd: directory, env: { PATH: process.env['PATH'], HOME: directory, LC_ALL: 'C' } };
  const initialised = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...settings, encoding: 'utf8' },
  );
  if (initialised.status !== 0) {
    rmSync(directory, { recursive: true, force: true });
    throw new Error(`initdb failed: ${initialised.error?.message ?? initialised.stderr}`);
  }
  const port = await freePort();
  const durability = options.fsync
    ? []
    : ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'];
  const server = ['-D', data, '-k', directory, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', ...durability];
  const guard = spawn('/bin/sh', ['-c', GUARD, directory, join(bin, 'postgres'), ...server], {
    ...settings,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  try {
    await waitUntilReady(port, join(directory, 'log'));
  } catch (error) {
    await stopGuard(guard);
    throw error;
  }
  return {
    available: true,
    socketDirectory: directory,
    port,
    createDatabase: databases(port),
    stop: () => stopGuard(guard),
  };
}

/** The end of standard input means that the test process is gone, or wants the server gone: both end alike. */
const GUARD = `
trap '' INT TERM HUP
directory=$0
"$@" >"$directory/log" 2>&1 &
server=$!
cat >/dev/null
kill -INT $server
wait $server
cd /
rm -rf "$directory"
`;

async function stopGuard(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null) return;
  const ended = new Promise((resolve) => guard.once('exit', resolve));
  guard.ref();
  guard.stdin?.end();
  await ended;
}

function noPostgres(reason: string): NoPostgres {
  if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(reason);
  return { available: false, reason };
}

/** The directory of the binaries: the newest of Debian's, else that of the PATH. */
function findBinaries(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const places = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')));
}

/** Whom to run the server as: `undefined` for ourselves, `none` when we are root and know nobody else. */
function findOwner(): { readonly uid: number; readonly gid: number } | undefined | 'none' {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return 'none';
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

async function waitUntilReady(port: number, log: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN;
  for (;;) {
    const client = new pg.Client({ host: '127.0.0.1', port, user: USER, database: 'postgres' });
    try {
      await client.connect();
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        const text = existsSync(log) ? readFileSync(log, 'utf8') : 'no log';
        throw new Error(`PostgreSQL was not ready within ${READY_WITHIN} ms: ${text}`, { cause: error });
      }
      await setTimeout(50);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

function databases(port: number): () => Promise<PostgresDatabase> {
  let made = 0;
  return async () => {
    made++;
    const name = `test_${process.pid}_${made}`;
    const client = new pg.Client({ host: '127.0.0.1', port, user: USER, database: 'postgres' });
    await client.connect();
    try {
      await client.query(`create database ${name}`);
    } finally {
      await client.end();
    }
    return { name, connectionString: `postgresql://${USER}@127.0.0.1:${port}/${name}` };
  };
}
