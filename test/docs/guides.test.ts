import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../src/testing/free-port.ts';
import { looksLike, parseGuide, promisedLines } from '../support/guide.ts';
import { followGuide } from '../support/guide-runner.ts';

const minutes = 60_000;

describe('the guides work as they are written', () => {
  const tools = missing(['curl', 'openssl', 'jq', 'python3']);

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
function missing(commands: readonly string[]): string {
  const absent = commands.filter((command) => {
    try {
      execFileSync('/bin/sh', ['-c', `command -v ${command}`]);
      return false;
    } catch {
      return true;
    }
  });
  if (absent.length === 0) return '';
  const text = `apt-get install ${absent.join(' ')}`;
  if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(`A required component is missing: ${text}`);
  return ` (skipped; to run it: ${text})`;
}
