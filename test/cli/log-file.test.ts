import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { launchServe } from '../support/server-process.ts';
import { runTessera, soundSettings, temporaryDirectory } from './run-tessera.ts';

/** Waits until a log file matches. */
async function matching(file: string, pattern: RegExp): Promise<void> {
  await expect.poll(() => (existsSync(file) ? readFileSync(file, 'utf8') : ''), { timeout: 15_000 }).toMatch(pattern);
}

test('a server whose log file cannot be opened anew says so in the old one and lives on', async () => {
  const directory = temporaryDirectory();
  const logs = join(directory, 'logs');
  const moved = join(directory, 'moved');
  mkdirSync(logs);
  const { server, base } = await launchServe({
    properties: {
      'storage.profile': 'memory',
      'log4j.loggers.root.appender': 'rolling-file',
      'log.file': join(logs, 'tessera.log'),
    },
  });
  try {
    await matching(join(logs, 'tessera.log'), /OP9012/);
    renameSync(logs, moved);
    writeFileSync(logs, 'in the way');
    process.kill(server.pid, 'SIGHUP');
    await matching(join(moved, 'tessera.log'), /ERROR OP9015 .*file=.*reason=/);
    expect((await fetch(`${base}/jwks.json`)).status).toBe(200);

    rmSync(logs);
    process.kill(server.pid, 'SIGHUP');
    await expect.poll(() => existsSync(join(logs, 'tessera.log'))).toBe(true);
    expect(await server.stop()).toBe(0);
    expect(readFileSync(join(logs, 'tessera.log'), 'utf8')).toContain('OP9013');
  } finally {
    await server.kill();
  }
});

test('a log file that cannot be opened stops the start with a sentence', async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'file'), '');
  const file = join(directory, 'file', 'tessera.log');
  const { status, stderr } = await runTessera([
    'serve',
    ...soundSettings(directory, { 'log4j.loggers.root.appender': 'rolling-file', 'log.file': file }),
  ]);
  expect(stderr).toMatch(/^log\.file: .*tessera\.log cannot be opened: .*Set it to a file.*\n$/);
  expect(status).toBe(78);
});
