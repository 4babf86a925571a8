import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('documentation that follows the source', () => {
  it('has reference pages that are up to date', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/docs.ts', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('lists exactly the log events of the login pages that their source knows', () => {
    const sources = globSync('apps/*/src/**/*.ts', { cwd: root }).filter((path) => !path.endsWith('.test.ts'));
    const known = sources.flatMap((path) => read(path).match(/(?<=')[A-Z]{2}\d{4}(?=')/g) ?? []);
    const listed = [...read('docs/operations.md').matchAll(/^\| `([A-Z]{2}\d{4})`/gm)].map(([, id]) => id);
    expect(listed).toEqual([...new Set(known)].sort());
  });

  it('has no link to a file that is not there', () => {
    const pages = globSync(['*.md', 'docs/**/*.md', 'apps/*/*.md'], { cwd: root });
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });
});
