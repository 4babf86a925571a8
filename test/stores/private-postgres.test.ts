import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { startPostgres } from '../support/postgres.ts';

const server = await startPostgres();
afterAll(async () => {
  if (server.available) await server.stop();
});

const title = `private PostgreSQL of the tests${server.available ? '' : ` (${server.reason})`}`;

describe.skipIf(!server.available)(title, () => {
  test('hosts many databases', async () => {
    if (!server.available) throw new Error(server.reason);
    const [one, two] = [await server.createDatabase(), await server.createDatabase()];
    expect(one.name).not.toBe(two.name);
    for (const { name, connectionString } of [one, two]) {
      const client = new pg.Client({ connectionString });
      await client.connect();
      expect((await client.query('select current_database() as name')).rows).toEqual([{ name }]);
      await client.end();
    }
  });

  test('goes, with its files, when the test process is killed', async () => {
    const support = fileURLToPath(new URL('../support/postgres.ts', import.meta.url));
    const script = `
      const { startPostgres } = await import(${JSON.stringify(support)});
      const server = await startPostgres();
      console.log(server.socketDirectory);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout, 'data');
    const directory = `${line}`.trim();
    expect(existsSync(directory)).toBe(true);
    child.kill('SIGKILL');
    await expect.poll(() => existsSync(directory), { timeout: 10_000 }).toBe(false);
  });
});
