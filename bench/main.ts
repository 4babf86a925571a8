/** `npm run bench`: Tessera, oidc-provider and a bare node:http server under the same load, and a table of the outcome. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measure, type Row } from './measure.ts';
import { runForMemory } from './memory-run.ts';
import { type Options, readOptions, usage } from './options.ts';
import { generatorCore, pinGenerator, pinningProblem, serverCore } from './processes.ts';
import { type Results, report, sourceCommit } from './report.ts';
import { scenarios } from './scenarios/catalogue.ts';
import { measureStartUp, type StartUp } from './start-up.ts';
import { bareTarget } from './targets/bare.ts';
import { generateBenchKeys } from './targets/keys.ts';
import { oidcProviderTarget } from './targets/oidc-provider.ts';
import { openPostgres } from './targets/postgres.ts';
import type { Target, TargetName } from './targets/target.ts';
import { tesseraTarget } from './targets/tessera.ts';

const repository = join(import.meta.dirname, '..');
const startUpRuns = 9;

function progress(line: string): void {
  console.error(line);
}

/** A program and its first arguments. */
function words(commandLine: string): readonly [string, ...string[]] {
  const [command = '', ...args] = commandLine.trim().split(/ +/);
  return [command, ...args];
}

/** The words of `--tessera`, or the built server, built now so that no stale build is rated. */
function tesseraCommand(options: Options): readonly [string, ...string[]] {
  if (options.tessera !== undefined) return words(options.tessera);
  progress('building Tessera');
  execFileSync(process.execPath, ['scripts/build.ts'], { cwd: repository, stdio: ['ignore', 'ignore', 'inherit'] });
  return ['node', join(repository, 'dist/main.js')];
}

async function openTargets(
  options: Options,
  pinned: boolean,
  postgres: ReturnType<typeof openPostgres>,
): Promise<Target[]> {
  const keys = generateBenchKeys();
  const tessera = (name: 'Tessera' | 'earlier', command: readonly [string, ...string[]]): Target =>
    tesseraTarget({ name, command, keys, pinned, newPostgresDatabase: postgres.newDatabase });
  const open: Record<TargetName, () => Target | Promise<Target>> = {
    Tessera: () => tessera('Tessera', tesseraCommand(options)),
    earlier: () => tessera('earlier', words(options.against ?? '')),
    'oidc-provider': () => oidcProviderTarget({ keys, pinned }),
    bare: () => bareTarget({ keys, pinned }),
  };
  return Promise.all(options.targets.map((name) => open[name]()));
}

async function compare(targets: readonly Target[], options: Options): Promise<Results> {
  const rows: Row[] = [];
  const failures: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    progress(what);
    try {
      await work();
    } catch (problem) {
      failures.push(`${what}: ${problem instanceof Error ? problem.message : String(problem)}`);
      progress(`  FAILED ${failures.at(-1)}`);
    }
  };
  for (const store of options.stores) {
    for (const scenario of scenarios) {
      if (!options.scenarios.includes(scenario.name) || (store !== 'memory' && !scenario.usesStore)) continue;
      const contestants = scenario.generatorCheck ? targets.filter(({ name }) => name === 'bare') : targets;
      if (contestants.length === 0) continue;
      await attempt(`${scenario.name} on ${store}`, async () => {
        rows.push(await measure(scenario, { targets: contestants, store, pace: options, progress }));
      });
    }
  }
  let startUps: readonly StartUp[] = [];
  if (options.scenarios.includes('cold-start') || options.scenarios.includes('idle-memory')) {
    await attempt('cold start and idle memory', async () => {
      startUps = await measureStartUp(targets, Math.max(startUpRuns, options.rounds), progress);
    });
  }
  return { rows, startUps, failures, warnings: [], memory: undefined };
}

async function watchMemory(targets: readonly Target[], options: Options, seconds: number): Promise<Results> {
  const tessera = targets.find(({ name }) => name === 'Tessera');
  const [store] = options.stores;
  if (tessera === undefined || store === undefined) throw new Error('--memory needs the target Tessera and a store');
  const memory = await runForMemory(tessera, { seconds, store, connections: options.connections }, progress);
  return { rows: [], startUps: [], failures: [], warnings: [], memory };
}

/** A word as the shell wants it. */
function quoted(word: string): string {
  return /^[\w.,:=/-]+$/.test(word) ? word : JSON.stringify(word);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(usage);
    return;
  }
  const commandLine = ['npm run bench --', ...process.argv.slice(2).map(quoted)].join(' ');
  const origin = { commandLine, commit: sourceCommit() };
  const warnings: string[] = [];
  const problem = pinningProblem();
  if (problem === undefined) pinGenerator();
  else warnings.push(`Not pinned, since ${problem}: servers and generator compete, and the figures are worth little.`);
  progress(warnings[0] ?? `servers on core ${serverCore}, generator on core ${generatorCore}`);
  const postgres = openPostgres();
  try {
    const targets = await openTargets(options, problem === undefined, postgres);
    const results = await (options.memory === undefined
      ? compare(targets, options)
      : watchMemory(targets, options, options.memory));
    const page = report({ ...results, warnings }, origin);
    writeFileSync(options.out, page);
    console.log(page);
    if (results.failures.length > 0) process.exitCode = 1;
  } finally {
    await postgres.close();
  }
}

await main();
