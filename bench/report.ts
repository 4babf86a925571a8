import { execFileSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import { disturbance, type Figures, type Row } from './measure.ts';
import { describe, describeKept, growth, type MemoryRun } from './memory-run.ts';
import type { StartUp } from './start-up.ts';
import { median } from './statistics.ts';
import type { TargetName } from './targets/target.ts';

/** What a run has brought. */
export interface Results {
  readonly rows: readonly Row[];
  readonly startUps: readonly StartUp[];
  readonly memory: MemoryRun | undefined;
  /** Scenarios that could not be measured, with the reason. */
  readonly failures: readonly string[];
  /** What the reader must know about this run, such as a missing pin. */
  readonly warnings: readonly string[];
}

const mebibyte = 1_048_576;
const coldStartGoal = 0.6;
const idleMemoryGoal = 1;
const tailGoal = 3;
const flatGoal = 0.05;
/** Below this the server was waiting for something, and the rate is not its own. */
const busyEnough = 0.93;

/** What was run: the command line to get the results again, and the commit of the source. */
export interface Origin {
  readonly commandLine: string;
  readonly commit: string;
}

/** The results as a Markdown page. */
export function report(results: Results, origin: Origin): string {
  return [
    '# Benchmark results',
    head(origin),
    ...section('Warnings', list(results.warnings)),
    ...section('Failures', list(results.failures)),
    ...section('Under load', comparison(results.rows)),
    ...section('Details', details(results.rows)),
    ...section('Load generator', generatorHeadroom(results.rows)),
    ...section('Start', startTable(results.startUps)),
    ...section('Memory under steady load', memoryTable(results.memory)),
    ...(results.rows.length > 0 ? [howToRead] : []),
  ]
    .join('\n\n')
    .concat('\n');
}

const howToRead = `## How to read this

Each server has one core with all its threads; the load generator has the other and never sleeps between answers. The
rounds of the servers take turns. Figures are medians over the rounds, ratios medians of the ratios of neighbouring rounds.
"(!)" marks a server that was not at its limit, or a row that other programs of the machine disturbed: measure it again.

"Limit" and "share of the limit" refer to the bare \`node:http\` server, which does only the unavoidable work and checks
nothing. Its code flow has the same four requests as Tessera's (three of the web API, one to the token endpoint);
oidc-provider's has the eight of a browser. A second login has two requests with each of them.

"Earlier" is the Tessera that was started by the command of \`--against\`. "New / earlier" is the median of the ratios of
neighbouring rounds, and the least and greatest of them: a difference that lies between them is noise.

oidc-provider and the bare server keep their state in a plain Map, bounded to the 50 000 to 100 000 latest records,
whatever the store of the row is: only rows on memory compare like with like, and only they have goals. PostgreSQL itself
runs on the generator's core and counts among the "others"; so that it gets there in time, the generator does sleep in its
rows, which costs the servers that are waited for some of their rate.`;

function head({ commandLine, commit }: Origin): string {
  const processors = cpus();
  return [
    `- Command: \`${commandLine}\``,
    `- Date: ${new Date().toISOString()}`,
    `- Commit: ${commit}`,
    `- Machine: ${processors[0]?.model.trim()}, ${processors.length} cores, Linux ${release()}`,
    `- Node.js ${process.version} (OpenSSL ${process.versions.openssl}), NODE_ENV=production`,
  ].join('\n');
}

/** The commit of the checked-out source, as `git describe` names it. To be asked before the run, which may outlast it. */
export function sourceCommit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

function section(title: string, body: string): string[] {
  return body === '' ? [] : [`## ${title}`, body];
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line.replaceAll('\n', '\n  ')}`).join('\n');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const rule = header.map((_, column) => (column < 2 ? '---' : '---:'));
  return [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function comparison(rows: readonly Row[]): string {
  const paired = rows.some(({ figures }) => figures.has('earlier'));
  return table(
    [
      'scenario',
      'store',
      'Tessera /s',
      ...(paired ? ['earlier /s', 'new / earlier'] : []),
      'oidc-provider /s',
      'bare /s',
      'ratio',
      'limit',
      'share of the limit',
      'goal',
      '',
    ],
    rows.map(({ scenario, store, figures }) => {
      const goal = store === 'memory' ? scenario.goal : undefined;
      const ratio = ratioOf(figures, 'Tessera', 'oidc-provider');
      const share = ratioOf(figures, 'Tessera', 'bare');
      return [
        scenario.title,
        store,
        whole(figures.get('Tessera')?.rate),
        ...(paired ? [whole(figures.get('earlier')?.rate), withSpread(ratiosOf(figures, 'Tessera', 'earlier'))] : []),
        whole(figures.get('oidc-provider')?.rate),
        whole(figures.get('bare')?.rate),
        times(ratio),
        times(ratioOf(figures, 'bare', 'oidc-provider')),
        Number.isNaN(share) ? '-' : `${(share * 100).toFixed(0)} %`,
        goal === undefined ? '-' : `>= ${times(goal)}`,
        verdict(goal === undefined || Number.isNaN(ratio) ? undefined : ratio >= goal),
      ];
    }),
  );
}

function details(rows: readonly Row[]): string {
  return table(
    [
      'scenario',
      'store',
      'server',
      'p50 ms',
      'p99 ms',
      'p99 / p50',
      `<= ${tailGoal}`,
      'CPU us',
      'server busy',
      'generator busy',
      'others',
    ],
    rows.flatMap(({ scenario, store, figures }) =>
      [...figures].map(([name, one]) => [
        scenario.title,
        store,
        name,
        one.p50.toFixed(2),
        one.p99.toFixed(2),
        (one.p99 / one.p50).toFixed(1),
        name === 'Tessera' || name === 'earlier' ? verdict(one.p99 <= tailGoal * one.p50) : '',
        one.cpuMicroseconds.toFixed(1),
        percent(one.serverBusy) + (one.serverBusy < busyEnough ? ' (!)' : ''),
        percent(one.generatorBusy),
        percent(one.others) + (store !== 'postgres' && one.others > disturbance ? ' (!)' : ''),
      ]),
    ),
  );
}

function startTable(startUps: readonly StartUp[]): string {
  const peer = startUps.find(({ target }) => target === 'oidc-provider');
  const against = (value: number, of: number | undefined, goal: number, name: TargetName): readonly string[] => {
    const share = of === undefined || name === 'oidc-provider' ? Number.NaN : value / of;
    return [
      times(share),
      name === 'Tessera' && !Number.isNaN(share) ? `${verdict(share <= goal)} (<= ${times(goal)})` : '',
    ];
  };
  return table(
    ['server', 'store', 'cold start ms', 'of oidc-provider', '', 'idle RSS MiB', 'of oidc-provider', ''],
    startUps.map(({ target, coldStart, idleBytes }) => [
      target,
      'memory',
      coldStart.toFixed(0),
      ...against(coldStart, peer?.coldStart, coldStartGoal, target),
      (idleBytes / mebibyte).toFixed(1),
      ...against(idleBytes, peer?.idleBytes, idleMemoryGoal, target),
    ]),
  );
}

function memoryTable(run: MemoryRun | undefined): string {
  if (run === undefined) return '';
  const step = Math.max(1, Math.floor(run.samples.length / 20));
  const shown = run.samples.filter((_, index) => index % step === 0 || index === run.samples.length - 1);
  return [
    `Tessera on ${run.store}, ${run.seconds} s, ${run.completed} rounds of the mix (discovery, client_credentials, ` +
      'introspection, refresh, UserInfo, whole code flow); tokens live 10 s, sessions one minute.',
    `Kept after a full collection: ${run.kept.map(describeKept).join(', ')}; memory flat (what is kept grows by less than ` +
      `${percent(flatGoal)} over the second half): ${verdict(growth(run) <= flatGoal)}.`,
    'In use, garbage included:',
    list(shown.map((sample) => `${sample.at.toFixed(0)} s: ${describe(sample)}`)),
  ].join('\n\n');
}

/** Median of the ratios of neighbouring rounds. NaN when one of the two was not measured. */
function ratioOf(figures: Row['figures'], one: TargetName, other: TargetName): number {
  return median(ratiosOf(figures, one, other));
}

function ratiosOf(figures: Row['figures'], one: TargetName, other: TargetName): readonly number[] {
  const divisors: readonly number[] = figures.get(other)?.rates ?? [];
  return (figures.get(one)?.rates ?? []).flatMap((rate, round) => {
    const divisor = divisors[round];
    return divisor === undefined ? [] : [rate / divisor];
  });
}

/** How much faster than the bare server on a trivial request the generator could be; empty when that was not measured. */
function generatorHeadroom(rows: readonly Row[]): string {
  const busy = rows.find(({ scenario }) => scenario.generatorCheck)?.figures.get('bare')?.generatorBusy;
  if (busy === undefined) return '';
  return `On a trivial GET the generator could have sent x${(1 / busy).toFixed(2)} of what the bare server answered.`;
}

function times(value: number): string {
  return Number.isNaN(value) ? '-' : `x${value.toFixed(2)}`;
}

/** The median, and between what the rounds lay: a difference within that is none. */
function withSpread(ratios: readonly number[]): string {
  if (ratios.length === 0) return '-';
  return `${times(median(ratios))} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
}

function whole(value: Figures['rate'] | undefined): string {
  return value === undefined ? '-' : value.toFixed(0);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function verdict(met: boolean | undefined): string {
  if (met === undefined) return '-';
  return met ? 'met' : '**not met**';
}
