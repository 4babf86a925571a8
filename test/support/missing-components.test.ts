import { describe, expect, it } from 'vitest';
import { closingLines } from './missing-components.ts';

describe('the closing lines of a test run', () => {
  it('name what was skipped, and one command for all of it', () => {
    const skipped = [
      'a.test.ts > contract (PostgreSQL is not installed; to run these tests: apt-get install postgresql)',
      'b.test.ts > in Chromium (skipped where /usr/bin/chromium is missing)',
      'c.test.ts > deploying (skipped; to run it: apt-get install nginx postgresql)',
    ];
    const lines = closingLines(skipped);
    expect(lines.slice(1)).toEqual([
      'Skipped here (3):',
      ...skipped.map((name) => `  ${name}`),
      'To run them all: apt-get install chromium nginx postgresql',
    ]);
  });

  it('are absent when nothing was skipped', () => {
    expect(closingLines([])).toEqual([]);
  });
});
