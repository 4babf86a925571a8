import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createEvents } from '../../src/observability/events.ts';
import type { Subscriber } from '../../src/ports/events.ts';
import type { Storage } from '../../src/ports/stores/stores.ts';
import { nothingFollows } from '../../src/ports/stores/subject-sessions.ts';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { accessToken, client, subjectSession } from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startTestServer } from '../../src/testing/test-server.ts';
import { startPostgres } from '../support/postgres.ts';

const server = await startPostgres();
const stopped = new Set<number>();

function resume(): void {
  for (const pid of stopped) process.kill(pid, 'SIGCONT');
  stopped.clear();
}
afterEach(resume);
afterAll(async () => {
  if (server.available) await server.stop();
});

const title = `PostgreSQL that does not answer${server.available ? '' : ` (${server.reason})`}`;
const quota = { limit: 5, onExhaustion: 'close-oldest' } as const;

describe.skipIf(!server.available)(title, () => {
  const clock = createFakeClock();

  async function open(stallLimit: number) {
    if (!server.available) throw new Error(server.reason);
    const { connectionString } = await server.createDatabase();
    const admin = new pg.Client({ connectionString, application_name: 'admin' });
    // A test that fails leaves it to the server to end it.
    admin.on('error', () => {});
    await admin.connect();
    const reasons: string[] = [];
    const note: Subscriber = ({ id }, { reason }) => void (id === 'IS9003' && reasons.push(`${id} ${reason}`));
    const events = createEvents({ listeners: [note] });
    const storage = await openPostgresStorage({ connectionString, clock, events, stallLimit });
    return { admin, storage, reasons };
  }

  /** Opens every connection that the storage keeps, lanes and transactions alike: three and two. */
  async function warmUp(storage: Storage, admin: pg.Client) {
    const { accessTokens, clients, subjectSessions } = storage.tenant('t');
    await accessTokens.issue('warm', accessToken(clock.now() + 600));
    const connections = async () => {
      await Promise.all([
        ...Array.from({ length: 3 }, () => clients.get('none')),
        ...Array.from({ length: 2 }, (_, index) =>
          subjectSessions.create(randomUUID(), subjectSession(`s${index}`, clock.now()), quota, nothingFollows),
        ),
      ]);
      const text =
        "select 1 from pg_stat_activity where application_name = 'tessera' and datname = current_database() and state = 'idle'";
      return (await admin.query(text)).rowCount;
    };
    await expect.poll(connections).toBe(5);
  }

  /** Stops the processes behind the storage's connections, as a machine does whose disk hangs. */
  async function stopBackends(admin: pg.Client): Promise<void> {
    const { rows } = await admin.query<{ pid: number }>(
      "select pid from pg_stat_activity where application_name = 'tessera' and datname = current_database()",
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { pid } of rows) {
      stopped.add(pid);
      process.kill(pid, 'SIGSTOP');
    }
    const state = (pid: number) => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    await expect.poll(() => rows.map(({ pid }) => state(pid))).toEqual(rows.map(() => 'T'));
  }

  test('fails what waits for it within the limit, told statements included, and recovers', async () => {
    const { admin, storage, reasons } = await open(400);
    await warmUp(storage, admin);
    await stopBackends(admin);
    const { accessTokens, clients, subjectSessions } = storage.tenant('t');
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 20 }, () => clients.get('c')),
      ...Array.from({ length: 20 }, (_, index) => accessTokens.issue(`k${index}`, accessToken(clock.now() + 60))),
      subjectSessions.create('a', subjectSession('alice', clock.now()), quota, nothingFollows),
      subjectSessions.create('b', subjectSession('bob', clock.now()), quota, nothingFollows),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'rejected'));
    // Three for single statements, two for transactions; each is told of once.
    expect(reasons).toEqual(Array.from({ length: 5 }, () => 'IS9003 PostgreSQL connection: no answer within 400 ms'));
    // Their processes still stand still: other connections have taken their place.
    await clients.insert(client('c'));
    expect(
      (await subjectSessions.create('c', subjectSession('alice', clock.now()), quota, nothingFollows)).outcome,
    ).toBe('created');
    resume();
    expect(await clients.get('c')).toEqual(client('c'));
    expect((await subjectSessions.listBySubject('alice')).map(({ key }) => key)).toEqual(['c']);
    await storage.close();
    await admin.end();
  });

  test('does not hold up the end of the storage, with statements under way or without', async () => {
    const { admin, storage } = await open(400);
    await warmUp(storage, admin);
    await stopBackends(admin);
    const waiting = expect(storage.tenant('t').clients.get('c')).rejects.toThrow('no answer within 400 ms');
    await storage.close();
    await waiting;
    await admin.end();
  });

  test('leaves requests with an answer: 503', async () => {
    const { admin, storage } = await open(400);
    const op = await startTestServer({ storage });
    await op.call('POST', '/clients', { redirect_uris: ['https://client.example.org/cb'] });
    await stopBackends(admin);
    const response = await op.call('POST', '/clients', { redirect_uris: ['https://client.example.org/cb'] });
    expect(response.status).toBe(503);
    expect(response.json).toMatchObject({ error: 'temporarily_unavailable' });
    resume();
    const again = await op.call('POST', '/clients', { redirect_uris: ['https://client.example.org/cb'] });
    expect(again.status).toBe(201);
    await op.close();
    await storage.close();
    await admin.end();
  });
});
