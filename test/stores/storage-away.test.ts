import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { type Log, silentLog } from '../../src/ports/log.ts';
import { nothingFollows } from '../../src/ports/stores/subject-sessions.ts';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import type { Answer } from '../../src/testing/caller/answer.ts';
import { atOnce, client, subjectSession } from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer } from '../../src/testing/test-server.ts';
import { startPostgres } from '../support/postgres.ts';

const postgres = await startPostgres();
const directory = mkdtempSync(join(tmpdir(), 'tessera-away-'));
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  if (postgres.available) await postgres.stop();
});

const quota = { limit: 5, onExhaustion: 'close-oldest' } as const;
const app = { redirect_uris: ['https://client.example.org/cb'] };
const clock = createFakeClock();

async function database() {
  if (!postgres.available) throw new Error(postgres.reason);
  const { connectionString, name } = await postgres.createDatabase();
  const admin = new pg.Client({ connectionString, application_name: 'admin' });
  // A test that fails leaves it to the server to end it.
  admin.on('error', () => {});
  await admin.connect();
  return { connectionString, name, admin };
}

/** A server on that database, with what it logs at the level of errors. */
async function serve(connectionString: string) {
  const storage = await openPostgresStorage({ connectionString, clock });
  const lines: string[] = [];
  const log: Log = { ...silentLog, error: (id) => void lines.push(id), child: () => log };
  const op = await startTestServer({ storage, clock, log });
  return {
    op,
    storage,
    lines,
    async close() {
      await op.close();
      await storage.close();
    },
  };
}

const expectAway = ({ status, body, headers }: Answer) => {
  expect([status, body]).toMatchObject([503, { error: 'temporarily_unavailable' }]);
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
};

const title = `PostgreSQL that is away${postgres.available ? '' : ` (${postgres.reason})`}`;

describe.skipIf(!postgres.available)(title, () => {
  test('read-only: writes are answered with 503, the health tells, and reads go on', async () => {
    const { connectionString, admin } = await database();
    const { op, lines, close } = await serve(connectionString);
    const registered = await op.register({ grant_types: ['client_credentials'] });
    const health = async () => {
      clock.advance(10);
      return (await op.call('GET', '/monitor/v1/healthcheck')).status;
    };
    expect(await health()).toBe(200);
    await admin.query('set default_transaction_read_only = off');
    await admin.query('alter system set default_transaction_read_only = on');
    await admin.query('select pg_reload_conf()');
    try {
      await expect.poll(async () => (await op.call('POST', '/clients', app)).status).not.toBe(201);
      expectAway(await op.call('POST', '/clients', app));
      expectAway(await op.call('POST', '/session-store/rest/v2/sessions', { sub: 'alice' }));
      expect(await health()).toBe(500);
      expect((await op.call('GET', `/clients/${registered.id}`)).status).toBe(200);
      lines.length = 0;
      for (const answer of await atOnce(300, () => op.call('POST', '/clients', app))) expectAway(answer);
      expect(lines).toEqual([]);
    } finally {
      await admin.query('alter system reset default_transaction_read_only');
      await admin.query('select pg_reload_conf()');
    }
    await expect.poll(async () => (await op.call('POST', '/clients', app)).status).toBe(201);
    expect(await health()).toBe(200);
    await close();
    await admin.end();
  });

  test('read-only on the connections that it has: they are left for others', async () => {
    const { connectionString, admin, name } = await database();
    const { op, close } = await serve(connectionString);
    await admin.query('set default_transaction_read_only = off');
    await admin.query('alter system set default_transaction_read_only = on');
    // Holds for connections that are made from now on: they reach the new primary.
    await admin.query(`alter database ${name} set default_transaction_read_only = off`);
    await admin.query('select pg_reload_conf()');
    try {
      await expect.poll(async () => (await op.call('POST', '/clients', app)).status).toBe(503);
      const works = async () => [
        (await op.call('POST', '/clients', app)).status,
        (await op.call('POST', '/session-store/rest/v2/sessions', { sub: 'alice' })).status,
      ];
      await expect.poll(works, { timeout: 5000 }).toEqual([201, 201]);
      const answers = await atOnce(50, () => op.call('POST', '/clients', app));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    } finally {
      await admin.query('alter system reset default_transaction_read_only');
      await admin.query('select pg_reload_conf()');
    }
    await close();
    await admin.end();
  });

  test.each(['08006', '53100', '53200', '57014', '58030', '40P01', '55P03'])(
    'SQLSTATE %s speaks of the server: 503',
    async (state) => {
      const { connectionString, admin } = await database();
      const { op, close } = await serve(connectionString);
      await admin.query(`create function broken() returns trigger language plpgsql as
        $$ begin raise exception 'no such luck' using errcode = '${state}'; end $$`);
      for (const table of ['clients', 'subject_sessions'])
        await admin.query(`create trigger broken before insert on ${table} execute function broken()`);
      expectAway(await op.call('POST', '/clients', app));
      expectAway(await op.call('POST', '/session-store/rest/v2/sessions', { sub: 'alice' }));
      await admin.query('drop function broken cascade');
      expect((await op.call('POST', '/clients', app)).status).toBe(201);
      expect((await op.call('POST', '/session-store/rest/v2/sessions', { sub: 'alice' })).status).toBe(201);
      await close();
      await admin.end();
    },
  );

  test('what speaks of the statement stays a fault of ours: 500', async () => {
    const { connectionString, admin } = await database();
    const { op, close } = await serve(connectionString);
    await admin.query('alter table clients add check (version > 1)');
    const answer = await op.call('POST', '/clients', app);
    expect([answer.status, answer.body]).toMatchObject([500, { error: 'server_error' }]);
    await close();
    await admin.end();
  });

  test('connections that are ended under load cost 503, never 500, and come again', async () => {
    const { connectionString, admin } = await database();
    const { op, close } = await serve(connectionString);
    const statuses = new Set<number>();
    for (let round = 0; round < 5; round++) {
      const answers = atOnce(40, (index) =>
        index % 2 === 0
          ? op.call('POST', '/clients', app)
          : op.call('POST', '/session-store/rest/v2/sessions', { sub: 'alice' }),
      );
      await admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tessera' and datname = current_database()",
      );
      for (const { status } of await answers) statuses.add(status);
    }
    expect([...statuses].filter((status) => status !== 201 && status !== 503)).toEqual([]);
    await expect.poll(async () => (await op.call('POST', '/clients', app)).status).toBe(201);
    await close();
    await admin.end();
  });
});

describe.skipIf(!postgres.available)(`few slots at PostgreSQL`, () => {
  /** A database whose owner may have so many connections; -1: any number. */
  async function limited(limit: number) {
    const { connectionString, name, admin } = await database();
    const role = `app_${name}`;
    await admin.query(`create role ${role} login connection limit ${limit}`);
    await admin.query(`alter database ${name} owner to ${role}`);
    await admin.query(`alter schema public owner to ${role}`);
    return { connectionString: connectionString.replace('tessera@', `${role}@`), admin, role };
  }

  test('fewer than wanted: everything is served over those that there are', async () => {
    const { connectionString, admin } = await limited(2);
    const storage = await openPostgresStorage({ connectionString, clock, maxPoolSize: 8 });
    const { clients, subjectSessions } = storage.tenant('t');
    for (let round = 0; round < 20; round++) {
      const outcomes = await Promise.allSettled([
        ...Array.from({ length: 30 }, () => clients.get('c')),
        ...Array.from({ length: 10 }, (_, index) =>
          subjectSessions.create(`${round}.${index}`, subjectSession('a', clock.now()), quota, nothingFollows),
        ),
      ]);
      expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
    }
    await storage.close();
    await admin.end();
  });

  test('none: told as such, asked for now and then only, and taken as soon as there are some', async () => {
    const { connectionString, admin, role } = await limited(-1);
    const { op, storage, close } = await serve(connectionString);
    await admin.query(`alter role ${role} connection limit 0`);
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`);
    const { clients } = storage.tenant('t');
    await expect.poll(() => clients.get('c').catch((error: unknown) => error)).toMatchObject({ code: '53300' });
    expectAway(await op.call('POST', '/clients', app));
    expectAway(await op.call('POST', '/session-store/rest/v2/sessions', { sub: 'alice' }));
    const started = performance.now();
    const outcomes = await Promise.allSettled(Array.from({ length: 2000 }, () => clients.get('c')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    expect(performance.now() - started).toBeLessThan(1000);
    await admin.query(`alter role ${role} connection limit -1`);
    await expect.poll(async () => (await op.call('POST', '/clients', app)).status, { timeout: 3000 }).toBe(201);
    await close();
    await admin.end();
  });

  test('one process keeps to dataSource.maxPoolSize, also while it replaces connections', async () => {
    const { connectionString, admin, role } = await limited(5);
    const storage = await openPostgresStorage({ connectionString, clock, maxPoolSize: 5, maxLifetime: 20 });
    const { clients, subjectSessions } = storage.tenant('t');
    let most = 0;
    for (let round = 0; round < 40; round++) {
      await Promise.all([
        ...Array.from({ length: 12 }, (_, index) => clients.insert(client(`${round}.${index}`))),
        ...Array.from({ length: 4 }, (_, index) =>
          subjectSessions.create(`${round}.${index}`, subjectSession('a', clock.now()), quota, nothingFollows),
        ),
      ]);
      const { rows } = await admin.query(
        `select count(*)::int as open from pg_stat_activity where usename = '${role}' and state is not null`,
      );
      most = Math.max(most, rows[0].open);
    }
    expect(most).toBeLessThanOrEqual(5);
    await storage.close();
    await admin.end();
  });
});

describe('SQLite that is away', () => {
  test('locked by another process for longer than we wait: 503, the health tells, and it goes on', async () => {
    const file = join(directory, 'locked.db');
    const storage = await openSqliteStorage({ file, clock, busyTimeout: 10 });
    const op = await startTestServer({ storage, clock });
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    expectAway(await op.call('POST', '/clients', app));
    clock.advance(10);
    expect((await op.call('GET', '/monitor/v1/healthcheck')).status).toBe(500);
    other.exec('rollback');
    expect((await op.call('POST', '/clients', app)).status).toBe(201);
    clock.advance(10);
    expect((await op.call('GET', '/monitor/v1/healthcheck')).status).toBe(200);
    other.close();
    await op.close();
    await storage.close();
  });
});
