import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { authorization, grant, pendingCode, ticketKind } from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';
import { startPostgres } from '../support/postgres.ts';
import type { Task } from './process-worker.ts';

const PROCESSES = 4;
const ATTEMPTS = 50;
const key = { subject: 'alice', actor: '', clientId: '123' };

const server = await startPostgres();
afterAll(async () => {
  if (server.available) await server.stop();
});

const title = `${PROCESSES} processes on one PostgreSQL${server.available ? '' : ` (${server.reason})`}`;

describe.skipIf(!server.available)(title, () => {
  const clock = createFakeClock();
  let workers: ChildProcess[] = [];
  let connectionString = '';

  beforeAll(async () => {
    if (!server.available) return;
    ({ connectionString } = await server.createDatabase());
    const script = fileURLToPath(new URL('./process-worker.ts', import.meta.url));
    // All start on the empty database at once, so that the migrations race too.
    workers = Array.from({ length: PROCESSES }, (_, index) =>
      fork(script, [connectionString, `p${index}`], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    );
    for (const answer of await Promise.all(workers.map(answerOf))) expect(answer).toBe('ready');
  });
  afterAll(async () => {
    await Promise.all(
      workers.map(async (worker) => {
        const ended = once(worker, 'exit');
        worker.disconnect();
        await ended;
      }),
    );
  });

  async function everywhere(kind: Task['kind']): Promise<Record<string, number>> {
    const answers = workers.map(answerOf);
    for (const worker of workers) worker.send({ kind, attempts: ATTEMPTS } satisfies Task);
    const counts: Record<string, number> = {};
    for (const outcome of (await Promise.all(answers)).flat()) {
      const word = `${outcome}`;
      counts[word] = (counts[word] ?? 0) + 1;
    }
    return counts;
  }

  async function prepared() {
    const storage = await openPostgresStorage({ connectionString, clock });
    return { stores: storage.tenant('t'), [Symbol.asyncDispose]: () => storage.close() };
  }

  test('200 parallel redemptions of one code: one wins, the rest are replays', async () => {
    await using storage = await prepared();
    await storage.stores.codes.issue('code', pendingCode('alice'), clock.now() + 60, clock.now() + 120);
    expect(await everywhere('redeem')).toEqual({ redeemed: 1, replayed: 199 });
  });

  test('200 parallel uses of one refresh token: one rotates it, the rest learn that it did', async () => {
    await using storage = await prepared();
    await storage.stores.grants.add(grant(authorization('g')), 50);
    expect(await everywhere('rotate')).toEqual({ used: 1, superseded: 199 });
    expect((await storage.stores.grants.find('g', key)).state?.rotations).toBe(1);
  });

  test('200 parallel first uses of one self-contained refresh token: one rotates it', async () => {
    await using storage = await prepared();
    expect(await everywhere('rotateOwn')).toEqual({ used: 1, superseded: 199 });
    expect((await storage.stores.grants.find('own', key)).state?.rotations).toBe(8);
  });

  test('200 parallel logins under a limit of 20 grants: none fails, and the next one leaves 20', async () => {
    await using storage = await prepared();
    expect(await everywhere('add')).toEqual({ added: 200 });
    await storage.stores.grants.add(grant(authorization('last')), 20);
    expect(await storage.stores.grants.count()).toBe(20);
  });

  test('200 parallel removals of one record: one is answered', async () => {
    await using storage = await prepared();
    await storage.stores.records(ticketKind).create('record', { holder: 'alice' }, clock.now() + 60);
    expect(await everywhere('take')).toEqual({ taken: 1, nothing: 199 });
  });

  test('200 parallel uses of a one-time identifier: one is first', async () => {
    expect(await everywhere('consume')).toEqual({ first: 1, used: 199 });
  });

  test('200 parallel creations under a quota of 5: five sessions', async () => {
    expect(await everywhere('create')).toEqual({ created: 5, denied: 195 });
  });

  test('200 parallel closings of these five: each session is answered once', async () => {
    const counts = await everywhere('close');
    const closed = Object.entries(counts).map(([count, times]) => Number(count) * times);
    expect(closed.reduce((sum, each) => sum + each, 0)).toBe(5);
  });
});

async function answerOf(worker: ChildProcess): Promise<unknown> {
  const ended = once(worker, 'exit').then(([code]) => {
    throw new Error(`The process ended with code ${code}`);
  });
  const [answer] = await Promise.race([once(worker, 'message'), ended]);
  return answer;
}
