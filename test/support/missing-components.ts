import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

/**
 * A Vitest reporter that closes the run by naming every suite that was skipped for want of a component, and the command that
 * installs it. Skipped suites give their reason in their names. Nothing is printed when nothing was skipped.
 *
 * @param print takes one line
 */
export function missingComponents(print: (line: string) => void = console.log): Reporter {
  return {
    onTestRunEnd(modules) {
      const skipped = modules.flatMap(skippedIn);
      for (const line of closingLines(skipped)) print(line);
    },
  };
}

/** The closing lines for the full names of what was skipped, with the file in front. */
export function closingLines(skipped: readonly string[]): readonly string[] {
  if (skipped.length === 0) return [];
  const packages = new Set(skipped.flatMap(packagesFor));
  return [
    '',
    `Skipped here (${skipped.length}):`,
    ...skipped.map((name) => `  ${name}`),
    ...(packages.size > 0 ? [`To run them all: apt-get install ${[...packages].sort().join(' ')}`] : []),
  ];
}

const packageOf = { chromium: /chromium/i, nginx: /nginx/i, openssl: /openssl/i, postgresql: /postgres/i } as const;

/** Packages that a reason names: after `apt-get install`, else by the component it speaks of. */
function packagesFor(name: string): readonly string[] {
  const [, named] = /apt-get install ((?:[a-z0-9.+-]+ ?)+)/.exec(name) ?? [];
  if (named !== undefined) return named.trim().split(' ');
  return Object.entries(packageOf).flatMap(([component, pattern]) => (pattern.test(name) ? [component] : []));
}

/** Skipped suites, and skipped tests outside of them. */
function skippedIn(module: TestModule): readonly string[] {
  const file = module.relativeModuleId;
  const walk = (entries: Iterable<TestSuite | TestCase>): string[] =>
    [...entries].flatMap((entry) => {
      if (isSkipped(entry)) return [`${file} > ${entry.fullName}`];
      return entry.type === 'suite' ? walk(entry.children) : [];
    });
  return walk(module.children);
}

/** Skipped on purpose; a test that a filter (`-t`) has left out is none of ours. */
function isSkipped(entry: TestSuite | TestCase): boolean {
  return entry.options.mode === 'skip';
}
