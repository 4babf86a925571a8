import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type GuideStep, literal, looksLike, parseGuide, promisedLines } from './guide.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** How long one step may take, in milliseconds. */
const stepLimit = 60_000;

/** Where a guide is followed, and what differs there from the reader's machine. */
export interface GuideOptions {
  /** Path of the guide below the root of the repository. */
  readonly guide: string;
  /** Text of the guide and what stands for it here: ports, directories. The longest text wins where several fit. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Environment on top of `PATH`, `HOME` and the language. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Directory to work in; a fresh copy of the repository (by links) when absent. */
  readonly directory?: string;
  /** Directory of logs that an error message should quote. */
  readonly logs?: string;
}

/**
 * Follows a guide as a reader would: in one bash, block after block, in a directory that looks like the root of the repository
 * but keeps what is written there to itself. Rejects with an `Error` that names the line of the guide where the commands failed or printed something else
 * than the guide says. All that the guide has started is ended, and the directory removed.
 */
export async function followGuide(options: GuideOptions): Promise<void> {
  const directory = options.directory ?? copyOfRepository();
  const guide = readFileSync(join(root, options.guide), 'utf8');
  const steps = parseGuide(replaceAll(guide, options.replace ?? {}));
  const shell = startShell(directory, options.environment ?? {});
  try {
    for (const [index, step] of steps.entries()) {
      const problem = await followStep(shell, step, index);
      if (problem !== undefined) {
        throw new Error(`${options.guide}, line ${step.line}: ${problem}${lastWords(options.logs)}`);
      }
    }
  } finally {
    await shell.end();
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A temporary directory with a link to everything in the repository except what a first run writes. */
export function copyOfRepository(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-guide-'));
  for (const name of readdirSync(root)) {
    if (!['.git', 'data', 'dist'].includes(name)) symlinkSync(join(root, name), join(directory, name));
  }
  return directory;
}

interface Shell {
  readonly directory: string;
  /** Sources a script; resolves to `0`, or to the line and status of the first command that failed. */
  source(script: string, files: string, background: boolean): Promise<string>;
  end(): Promise<void>;
}

async function followStep(shell: Shell, step: GuideStep, index: number): Promise<string | undefined> {
  if (step.kind === 'file') {
    const path = resolve(shell.directory, step.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, step.code);
    return undefined;
  }
  const files = join(shell.directory, `.guide-step-${index}`);
  writeFileSync(files, step.code);
  const failure = await shell.source(files, files, step.kind === 'background');
  const printed = () => read(`${files}.out`);
  const report = () => `\n${step.code}\n--- standard output\n${printed()}\n--- standard error\n${read(`${files}.err`)}`;
  if (failure !== '0') return `a command failed (line of the block, status: ${failure})${report()}`;
  if (step.kind === 'background') {
    if (!(await eventually(() => answers(step.wait)))) return `${step.wait} does not answer${report()}`;
    const { output } = step;
    if (output !== undefined && !(await eventually(async () => looksLike(output, printed())))) {
      return `expected\n${output}${report()}`;
    }
    return undefined;
  }
  if (step.output !== undefined && !looksLike(step.output, printed())) return `expected\n${step.output}${report()}`;
  const promised = promisedLines(step.code);
  if (promised.length > 0 && !looksLike(`...${promised.join('...')}...`, printed())) {
    return `expected the lines after # =>${report()}`;
  }
  return undefined;
}

function startShell(directory: string, environment: Readonly<Record<string, string>>): Shell {
  const child = spawn('bash', ['--noprofile', '--norc'], {
    cwd: directory,
    // A group of its own, so that nothing that the guide has started outlives it.
    detached: true,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'] ?? directory,
      LC_ALL: 'C.UTF-8',
      NO_UPDATE_NOTIFIER: '1',
      ...environment,
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout });
  const ended = new Promise<string>((done) => child.once('exit', () => done('the shell has ended')));
  const tell = (text: string) => child.stdin.write(`${text}\n`);
  tell(`set -E; trap 'guide_failed=\${guide_failed:-$LINENO, $?}' ERR`);
  return {
    directory,
    source(script, files, background) {
      const redirected = `>'${files}.out' 2>'${files}.err' </dev/null`;
      const answer = new Promise<string>((done) => lines.once('line', done));
      tell(
        background
          ? `{ source '${script}' ${redirected}; } & echo 0`
          : `guide_failed=; source '${script}' ${redirected}; echo "\${guide_failed:-0}"`,
      );
      const tooLate = setTimeout(stepLimit, `no end after ${stepLimit} ms`, { ref: false });
      return Promise.race([answer, tooLate, ended]);
    },
    end: () => endGroup(child),
  };
}

/** Ends the shell and all that it has started: asked first, then without asking. */
async function endGroup({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined) return;
  const signal = (name: NodeJS.Signals | 0) => {
    try {
      return process.kill(-pid, name);
    } catch {
      return false;
    }
  };
  signal('SIGTERM');
  for (let round = 0; round < 50 && signal(0); round++) await setTimeout(100);
  signal('SIGKILL');
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { redirect: 'manual' })).status < 500;
  } catch {
    return false;
  }
}

async function eventually(holds: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    if (await holds()) return true;
    await setTimeout(100);
  }
  return false;
}

function replaceAll(text: string, replacements: Readonly<Record<string, string>>): string {
  const found = Object.keys(replacements).sort((a, b) => b.length - a.length);
  if (found.length === 0) return text;
  const pattern = new RegExp(found.map((word) => literal(word)).join('|'), 'g');
  return text.replace(pattern, (word) => replacements[word] ?? word);
}

/** The ends of all files in a directory. */
function lastWords(directory: string | undefined): string {
  if (directory === undefined) return '';
  return readdirSync(directory)
    .map((name) => `\n--- ${name}\n${read(join(directory, name)).slice(-2000)}`)
    .join('');
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
