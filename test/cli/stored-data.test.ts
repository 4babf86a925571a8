import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { runTessera, soundSettings, temporaryDirectory } from './run-tessera.ts';

test('a purge that fails in part says in which, and ends with 1', async () => {
  const directory = temporaryDirectory();
  const settings = soundSettings(directory);
  expect(await runTessera(['purge', ...settings])).toMatchObject({ status: 0, stderr: '' });
  const database = new DatabaseSync(join(directory, 'tessera.db'));
  database.exec('drop table pending_codes');
  database.close();

  const { status, stdout, stderr } = await runTessera(['purge', ...settings]);
  expect(stderr).toMatch(/^Not everything could be purged:\n {2}table pending_codes: no such table: .*\n$/);
  expect(stdout).toMatch(/^Removed 0 expired entries/);
  expect(status).toBe(1);
});

test.each([
  ['purge', []],
  ['client list', []],
  ['client add', ['-']],
  ['client rm', ['x']],
  ['keys list', []],
])('%s is refused on storage that ends with the process', async (command, rest) => {
  const memory = soundSettings(temporaryDirectory(), { 'storage.profile': 'memory' });
  const { status, stdout, stderr } = await runTessera([...command.split(' '), ...rest, ...memory]);
  expect(stderr).toMatch(/^storage\.profile=memory keeps nothing .*\n$/);
  expect([status, stdout]).toEqual([78, '']);
});

test('keys that were stored with another keyStore.encJWK are told in a sentence, with status 78', async () => {
  const directory = temporaryDirectory();
  expect((await runTessera(['keys', 'list', ...soundSettings(directory)])).status).toBe(0);
  const other = { 'keyStore.encJWK': JSON.stringify({ kty: 'oct', k: 'A'.repeat(22) }), 'http.port': '0' };
  for (const command of [['keys', 'list'], ['client', 'list'], ['serve']]) {
    const { status, stderr } = await runTessera([...command, ...soundSettings(directory, other)]);
    expect(stderr).toMatch(
      /^The .*: the stored keys do not open with keyStore\.encJWK.* Set keyStore\.encJWK to .*\n$/,
    );
    expect(status).toBe(78);
  }
});
