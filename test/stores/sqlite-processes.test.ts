import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, expect, test } from 'vitest';
import { openSqliteStorage } from '../../src/storage/sql/open-sqlite.ts';
import { accessToken, client } from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';

const directory = mkdtempSync(join(tmpdir(), 'tessera-sqlite-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const clock = createFakeClock();

test('processes that start on a new file at once share it, and each thing is consumed once', async () => {
  const script = fileURLToPath(new URL('./sqlite-worker.ts', import.meta.url));
  const start = `${Date.now() + 1000}`;
  const workers = Array.from({ length: 4 }, () => fork(script, [join(directory, 'race.db'), start], { execArgv: [] }));
  const answers = await Promise.all(
    workers.map(async (worker) => {
      const ended = once(worker, 'exit').then(([code]) => {
        throw new Error(`The process ended with code ${code}`);
      });
      const [first] = await Promise.race([once(worker, 'message'), ended]);
      await ended.catch(() => undefined);
      return Number(first);
    }),
  );
  expect(answers.reduce((sum, first) => sum + first)).toBe(100);
});

test('a writer waits for another that holds the file', async () => {
  const file = join(directory, 'busy.db');
  const storage = await openSqliteStorage({ file, clock });
  const holder = new Worker(
    `const { DatabaseSync } = require('node:sqlite');
     const { parentPort, workerData } = require('node:worker_threads');
     const database = new DatabaseSync(workerData);
     database.exec('begin immediate');
     parentPort.postMessage('held');
     Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
     database.exec('commit');
     database.close();`,
    { eval: true, workerData: file },
  );
  await new Promise((resolve) => holder.once('message', resolve));
  const { clients } = storage.tenant('t');
  expect(await Promise.all([clients.insert(client('a')), clients.insert(client('b'))])).toEqual([true, true]);
  await holder.terminate();
  await storage.close();
});

test('a writer that waited too long rejects, writes nothing, and the next one works', async () => {
  const file = join(directory, 'timeout.db');
  const storage = await openSqliteStorage({ file, clock, busyTimeout: 10 });
  const holder = new DatabaseSync(file);
  holder.exec('begin immediate');
  const { accessTokens, clients } = storage.tenant('t');
  const token = accessToken(clock.now() + 60);
  const blocked = await Promise.allSettled([accessTokens.issue('a', token), accessTokens.issue('b', token)]);
  expect(blocked.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
  await expect(clients.insert(client('alone'))).rejects.toThrow('locked');
  expect(await accessTokens.find('a')).toBeUndefined();
  holder.exec('rollback');
  holder.close();
  await accessTokens.issue('a', token);
  expect((await accessTokens.find('a'))?.token).toEqual(token);
  await storage.close();
});

test('a database of a newer release is refused, and untouched', async () => {
  const file = join(directory, 'newer.db');
  await (await openSqliteStorage({ file, clock })).close();
  const database = new DatabaseSync(file);
  database.exec("insert into schema_migrations values (99, 'later', 0)");
  await expect(openSqliteStorage({ file, clock })).rejects.toThrow(/version 99, this release knows up to 5/);
  expect(database.prepare('select count(*) as n from schema_migrations').get()).toEqual({ n: 6 });
  database.close();
});

test('without leave to make tables, an empty database is refused with the property that governs it', async () => {
  const file = join(directory, 'empty.db');
  await expect(openSqliteStorage({ file, clock, createTables: false })).rejects.toThrow(/createTableIfMissing/);
  await (await openSqliteStorage({ file, clock })).close();
  const storage = await openSqliteStorage({ file, clock, createTables: false });
  await storage.check();
  await storage.close();
});

test('a table whose purge fails leaves the others to be purged', async () => {
  const file = join(directory, 'purge.db');
  const storage = await openSqliteStorage({ file, clock });
  const { accessTokens, expended } = storage.tenant('t');
  await accessTokens.issue('k', accessToken(clock.now() + 1));
  await expended.consume('jti', 'x', clock.now() + 1);
  const database = new DatabaseSync(file);
  database.exec("create trigger refuse before delete on access_tokens begin select raise(fail, 'refused'); end");
  clock.advance(1);
  expect(await storage.purge()).toBe(1);
  database.exec('drop trigger refuse');
  database.close();
  expect(await storage.purge()).toBe(1);
  await storage.close();
});
