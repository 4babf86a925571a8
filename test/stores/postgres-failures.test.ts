import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { createEvents } from '../../src/observability/events.ts';
import type { Log } from '../../src/ports/log.ts';
import { silentLog } from '../../src/ports/log.ts';
import { nothingFollows } from '../../src/ports/stores/subject-sessions.ts';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { accessToken, atOnce, client, subjectSession } from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startPostgres } from '../support/postgres.ts';

const server = await startPostgres();
afterAll(async () => {
  if (server.available) await server.stop();
});

const title = `PostgreSQL storage in trouble${server.available ? '' : ` (${server.reason})`}`;

describe.skipIf(!server.available)(title, () => {
  const clock = createFakeClock();

  async function database() {
    if (!server.available) throw new Error(server.reason);
    const { connectionString } = await server.createDatabase();
    const admin = new pg.Client({ connectionString, application_name: 'admin' });
    // A test that fails leaves it to the server to end it.
    admin.on('error', () => {});
    await admin.connect();
    return { connectionString, admin };
  }

  /** Ends all connections of the storage, as a failover does. */
  const cut = (admin: pg.Client) =>
    admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tessera' and datname = current_database()",
    );

  test('lost connections are logged, the process lives, and the next operation works', async () => {
    const { connectionString, admin } = await database();
    const warnings: string[] = [];
    const log: Log = { ...silentLog, warn: (id) => void warnings.push(id) };
    const storage = await openPostgresStorage({ connectionString, clock, events: createEvents({ log }) });
    const { clients } = storage.tenant('t');
    await clients.insert(client('c'));
    await cut(admin);
    // The loss may be noticed only by the first operation after it.
    await clients.get('c').catch(() => undefined);
    await expect.poll(() => clients.get('c').catch(() => undefined)).toEqual(client('c'));
    expect(warnings).toContain('IS9003');
    await storage.check();
    await storage.close();
    await admin.end();
  });

  test('an operation that is cut off rejects, and leaves nothing half done', async () => {
    const { connectionString, admin } = await database();
    const storage = await openPostgresStorage({ connectionString, clock });
    const { subjectSessions } = storage.tenant('t');
    const quota = { limit: 1, onExhaustion: 'close-oldest' } as const;
    await subjectSessions.create('old', subjectSession('alice', clock.now()), quota, nothingFollows);
    await admin.query('begin');
    await admin.query('lock table subject_sessions in exclusive mode');
    const blocked = subjectSessions.create('new', subjectSession('alice', clock.now()), quota, nothingFollows);
    const outcome = expect(blocked).rejects.toThrow();
    const waiting = () => admin.query("select 1 from pg_stat_activity where wait_event_type = 'Lock'");
    await expect.poll(async () => (await waiting()).rowCount).toBe(1);
    await cut(admin);
    await outcome;
    await admin.query('rollback');
    expect((await subjectSessions.listBySubject('alice')).map((entry) => entry.key)).toEqual(['old']);
    expect(
      (await subjectSessions.create('new', subjectSession('alice', clock.now()), quota, nothingFollows)).outcome,
    ).toBe('created');
    await storage.close();
    await admin.end();
  });

  test('a row that the database refuses fails alone within its batch', async () => {
    const { connectionString, admin } = await database();
    const storage = await openPostgresStorage({ connectionString, clock, maxPoolSize: 2 });
    await admin.query("alter table access_tokens add check (client_id <> 'refused')");
    const { accessTokens } = storage.tenant('t');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => {
        const clientId = index === 17 ? 'refused' : 'fine';
        return accessTokens.issue(`k${index}`, accessToken(clock.now() + 60, { clientId }));
      }),
    );
    expect(outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [index] : []))).toEqual([17]);
    expect(await accessTokens.count()).toBe(49);
    await storage.close();
    await admin.end();
  });

  test('a session that the database refuses is told as such, and closes no other', async () => {
    const { connectionString, admin } = await database();
    const storage = await openPostgresStorage({ connectionString, clock });
    await admin.query("alter table subject_sessions add constraint no_such_context check (ctx <> 'refused')");
    const { subjectSessions } = storage.tenant('t');
    const quota = { limit: 1, onExhaustion: 'close-oldest' } as const;
    const session = subjectSession('alice', clock.now());
    await subjectSessions.create('old', session, quota, nothingFollows);
    await expect(subjectSessions.create('new', { ...session, ctx: 'refused' }, quota, nothingFollows)).rejects.toThrow(
      /no_such_context/,
    );
    await expect(subjectSessions.create('old', session, { ...quota, limit: 2 }, nothingFollows)).rejects.toThrow(
      /duplicate key/,
    );
    expect((await subjectSessions.listBySubject('alice')).map((entry) => entry.key)).toEqual(['old']);
    // Their connection is in order again.
    const outcomes = await atOnce(20, (index) =>
      subjectSessions.create(`k${index}`, session, { ...quota, limit: 99 }, nothingFollows),
    );
    expect(outcomes.map((outcome) => outcome.outcome)).toEqual(outcomes.map(() => 'created'));
    expect(await subjectSessions.count()).toBe(21);
    await storage.close();
    await admin.end();
  });

  test('writes of one turn go as one statement', async () => {
    const { connectionString, admin } = await database();
    const storage = await openPostgresStorage({ connectionString, clock });
    const { accessTokens } = storage.tenant('t');
    const written = () => admin.query<{ xmin: string }>('select distinct xmin::text from access_tokens');
    await atOnce(100, (index) => accessTokens.issue(`k${index}`, accessToken(clock.now() + 60)));
    expect((await written()).rowCount).toBe(1);
    await storage.close();
    await admin.end();
  });

  test('a named schema is made and kept to; a newer release is refused', async () => {
    const { connectionString, admin } = await database();
    const options = { connectionString, clock, schema: 'Tenant "x"' };
    const storages = await Promise.all([openPostgresStorage(options), openPostgresStorage(options)]);
    await storages[0].tenant('t').clients.insert(client('c'));
    expect(await storages[1].tenant('t').clients.get('c')).toEqual(client('c'));
    const tables = await admin.query("select distinct schemaname from pg_tables where tablename = 'clients'");
    expect(tables.rows).toEqual([{ schemaname: 'Tenant "x"' }]);
    for (const storage of storages) await storage.close();
    await admin.query('insert into "Tenant ""x""".schema_migrations values (99, \'later\', 0)');
    await expect(openPostgresStorage(options)).rejects.toThrow(/version 99, this release knows up to 5/);
    await admin.end();
  });

  test('without leave to make tables, an empty database is refused with the property that governs it', async () => {
    const { connectionString, admin } = await database();
    await expect(openPostgresStorage({ connectionString, clock, createTables: false })).rejects.toThrow(
      /createTableIfMissing/,
    );
    await admin.end();
  });

  test('a server that is not there is told at once, without the password', async () => {
    const connectionString = 'postgresql://tessera:geheim@127.0.0.1:1/none';
    const opening = openPostgresStorage({ connectionString, clock });
    await expect(opening).rejects.toThrow('ECONNREFUSED');
    await expect(opening).rejects.not.toThrow('geheim');
  });
});
