import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { runTessera, soundSettings, temporaryDirectory } from './run-tessera.ts';

const unwilling = { 'dataSource.createTableIfMissing': 'false', 'http.port': '0' };

test('makes the tables where servers may not, and says which', async () => {
  const directory = temporaryDirectory();
  const settings = soundSettings(directory, unwilling);
  const refused = await runTessera(['keys', 'list', ...settings]);
  expect(refused.stderr).toMatch(/has version 0, this release needs \d+: .*or run tessera migrate/);
  const { status, stdout, stderr } = await runTessera(['migrate', ...settings]);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toBe(
    `The tables are those of this release: SQLite ${join(directory, 'tessera.db')}, of the issuer https://id.example.\n`,
  );
  expect((await runTessera(['keys', 'list', ...settings])).status).toBe(0);
});

test('a storage of another issuer is refused with what to change, until it is moved', async () => {
  const directory = temporaryDirectory();
  expect((await runTessera(['keys', 'list', ...soundSettings(directory)])).status).toBe(0);
  const settings = soundSettings(directory, { 'op.issuer': 'https://new.example', 'http.port': '0' });
  for (const command of [['serve'], ['keys', 'list'], ['migrate']]) {
    const { status, stderr } = await runTessera([...command, ...settings]);
    expect(stderr).toMatch(
      /The storage belongs to the issuer https:\/\/id\.example, and op\.issuer is https:\/\/new\.example: set op\.issuer to https:\/\/id\.example, or give this issuer a storage of its own \(storage\.sqlite\.file\)/,
    );
    expect(status).toBe(78);
  }
  expect((await runTessera(['migrate', '--move-issuer', ...settings])).status).toBe(0);
  expect((await runTessera(['keys', 'list', ...settings])).status).toBe(0);
  expect((await runTessera(['keys', 'list', ...soundSettings(directory)])).status).toBe(78);
});

test('a database of before there were issuers belongs to the first that comes', async () => {
  const directory = temporaryDirectory();
  expect((await runTessera(['migrate', ...soundSettings(directory)])).status).toBe(0);
  const database = new DatabaseSync(join(directory, 'tessera.db'));
  database.exec("delete from facts where name = 'issuer'");
  database.close();
  const other = soundSettings(directory, { 'op.issuer': 'https://first.example' });
  expect((await runTessera(['keys', 'list', ...other])).status).toBe(0);
  expect((await runTessera(['keys', 'list', ...soundSettings(directory)])).status).toBe(78);
});
