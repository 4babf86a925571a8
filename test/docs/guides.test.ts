import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../src/testing/free-port.ts';
import { looksLike, parseGuide, promisedLines } from '../support/guide.ts';
import { createGuideMachine } from '../support/guide-machine.ts';
import { copyOfRepository, followGuide } from '../support/guide-runner.ts';
import { startPostgres } from '../support/postgres.ts';

const minutes = 60_000;

describe('the guides work as they are written', () => {
  const tools = missing(['curl', 'openssl', 'jq', 'python3']);
  const services = missing(['curl', 'openssl', 'jq', 'nginx', 'postgresql']);

  it.skipIf(tools)(
    `first login${tools}`,
    async () => {
      const port = String(await freePort());
      await followGuide({
        guide: 'docs/guides/first-login.md',
        replace: { 'localhost:8080': `localhost:${port}`, 'localhost%3A8080': `localhost%3A${port}` },
        environment: { PORT: port },
      });
    },
    2 * minutes,
  );

  it.skipIf(tools)(
    `your own login page${tools}`,
    async () => {
      const [port, loginPort] = [String(await freePort()), String(await freePort())];
      await followGuide({
        guide: 'docs/guides/your-own-login-page.md',
        replace: {
          'localhost:8080': `localhost:${port}`,
          'localhost:8090': `localhost:${loginPort}`,
          '8090)': `${loginPort})`,
        },
        environment: { PORT: port },
      });
    },
    2 * minutes,
  );

  it.skipIf(services)(
    `deploying with nginx and PostgreSQL${services}`,
    async () => {
      const postgres = await startPostgres();
      if (!postgres.available) throw new Error(postgres.reason);
      const port = async () => `${await freePort()}`;
      const ports = { tls: await port(), plain: await port() };
      const directory = mkdtempSync(join(tmpdir(), 'tessera-machine-'));
      const repository = copyOfRepository();
      const machine = createGuideMachine({ directory, postgres, ports });
      try {
        await followGuide({
          guide: 'docs/guides/deploy-nginx-postgresql.md',
          directory: repository,
          logs: machine.logs,
          replace: {
            ...machine.replace,
            '/opt/tessera': repository,
            'dist/main.js': 'src/main.ts',
            8081: await port(),
            8082: await port(),
            8085: await port(),
          },
          environment: { PATH: `${machine.bin}:${process.env['PATH']}` },
        });
      } finally {
        await postgres.stop();
        for (const path of [directory, repository]) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
      }
    },
    3 * minutes,
  );
});

describe('reading a guide', () => {
  it('finds the steps in order, with what they print', () => {
    const guide = [
      '```sh norun\ngit clone\n```',
      '```sh background wait=http://localhost:1/\nserve\n```',
      '```output\nready\n```',
      '```python file=login.py\nprint()\n```',
      '```json\n{}\n```',
      '```sh\necho 1\n```',
    ].join('\n\n');
    expect(parseGuide(guide)).toEqual([
      { kind: 'background', line: 5, code: 'serve\n', wait: 'http://localhost:1/', output: 'ready\n' },
      { kind: 'file', line: 13, code: 'print()\n', path: 'login.py' },
      { kind: 'run', line: 21, code: 'echo 1\n', output: undefined },
    ]);
  });

  it('tells output that fits from output that does not', () => {
    expect(looksLike('a...\nb (c)\n', 'a12\n3\nb (c)  \n')).toBe(true);
    expect(looksLike('a...\nb (c)\n', 'a12\nb c\n')).toBe(false);
    expect(looksLike('a\n', 'a\nb\n')).toBe(false);
    expect(promisedLines('curl x\n# => 200\n# a remark\n# => two words\n')).toEqual(['200', 'two words']);
  });

  it('fails where a command fails or prints something else', async () => {
    const follow = (guide: string) => followGuide({ guide: `test/docs/broken-guides/${guide}.md` });
    await expect(follow('failing-command')).rejects.toThrow(/line 3: a command failed \(.*2, 1\)/);
    await expect(follow('other-output')).rejects.toThrow(/line 3: expected\nred/);
    await expect(follow('broken-promise')).rejects.toThrow(/line 3: expected the lines/);
  });
});

/** Text for the name of a skipped test: what to install; empty when everything is there. An error with `REQUIRE_SERVICES=1`. */
function missing(packages: readonly string[]): string {
  const absent = packages.filter((name) => !isInstalled(name));
  if (absent.length === 0) return '';
  const text = `apt-get install ${absent.join(' ')}`;
  if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(`A required component is missing: ${text}`);
  return ` (skipped; to run it: ${text})`;
}

function isInstalled(name: string): boolean {
  const command = name === 'postgresql' ? 'initdb' : name;
  const places = `$PATH:/usr/sbin:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tr '\\n' ':')`;
  return spawnSync('/bin/sh', ['-c', `PATH="${places}" command -v ${command}`]).status === 0;
}
