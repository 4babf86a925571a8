import { parseArgs } from 'node:util';
import { scenarios } from './scenarios/catalogue.ts';
import { type StoreKind, type TargetName, usualTargets } from './targets/target.ts';

/** Measurements that are no scenario under load. */
const startUpNames = ['cold-start', 'idle-memory'] as const;

/** What to measure, and how. */
export interface Options {
  /** Names of scenarios; `cold-start` and `idle-memory` among them. */
  readonly scenarios: readonly string[];
  readonly stores: readonly StoreKind[];
  /** In the order of the results; `earlier` right after Tessera, when there is a command to start it. */
  readonly targets: readonly TargetName[];
  readonly rounds: number;
  /** Seconds per round and target. */
  readonly seconds: number;
  /** Seconds of load on each target before the first round. */
  readonly warmup: number;
  readonly connections: number;
  /** Length of the memory run in seconds; the comparison is then left out. */
  readonly memory: number | undefined;
  /** Where the results are written. */
  readonly out: string;
  /** Another way to start Tessera than building it and running the result. */
  readonly tessera: string | undefined;
  /** How to start a second Tessera, measured in turn with the first. */
  readonly against: string | undefined;
}

/** The text of `--help`. */
export const usage = `node bench/main.ts [options]

  --scenario NAME,...   of: ${[...scenarios.map(({ name }) => name), ...startUpNames].join(', ')}
  --store KIND,...      of: memory, sqlite, postgres (Tessera's; default all, the last two for the scenarios that store)
  --target NAME,...     of: ${usualTargets.join(', ')}
  --rounds N            rounds in turn (default 5)
  --seconds S           length of a round (default 5)
  --warmup S            load before the first round (default 5)
  --connections N       keep-alive connections (default 16)
  --quick               3 rounds of 1 s after 1 s: to see that everything works, not to quote
  --memory S            instead of comparing, watch Tessera's memory for S seconds of mixed load
  --tessera "COMMAND"   start Tessera so, e.g. "node src/main.ts"; default: npm run build, then node dist/main.js
  --against "COMMAND"   measure a second Tessera in turn with the first, e.g. an older build: "node /tmp/old/dist/main.js"
  --out FILE            default bench/results.md`;

/** Reads the command line; undefined when help is asked for. @throws Error that says which option is wrong. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string' },
      store: { type: 'string' },
      target: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      warmup: { type: 'string' },
      connections: { type: 'string', default: '16' },
      quick: { type: 'boolean', default: false },
      memory: { type: 'string' },
      tessera: { type: 'string' },
      against: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const quick = values.quick;
  const memory = values.memory === undefined ? undefined : positive('memory', values.memory);
  return {
    scenarios: choices('scenario', values.scenario, [...scenarios.map(({ name }) => name), ...startUpNames]),
    stores: choices('store', values.store, ['memory', 'sqlite', 'postgres']),
    targets: withEarlier(choices('target', values.target, usualTargets), values.against),
    rounds: positive('rounds', values.rounds ?? (quick ? '3' : '5')),
    seconds: positive('seconds', values.seconds ?? (quick ? '1' : '5')),
    warmup: positive('warmup', values.warmup ?? (quick ? '1' : '5')),
    connections: positive('connections', values.connections),
    memory,
    tessera: values.tessera,
    against: values.against,
    out: values.out ?? (memory === undefined ? 'bench/results.md' : 'bench/memory.md'),
  };
}

/** Next to Tessera, since what is compared must be measured at about the same time. */
function withEarlier(targets: readonly TargetName[], against: string | undefined): readonly TargetName[] {
  if (against === undefined) return targets;
  if (!targets.includes('Tessera'))
    throw new Error('--against: expected Tessera among the targets, to compare it with');
  return targets.flatMap((name) => (name === 'Tessera' ? [name, 'earlier' as const] : [name]));
}

function choices<T extends string>(option: string, text: string | undefined, allowed: readonly T[]): readonly T[] {
  if (text === undefined) return allowed;
  return text.split(',').map((word) => {
    const found = allowed.find((choice) => choice === word);
    if (found === undefined) throw new Error(`--${option}: "${word}" is none of ${allowed.join(', ')}`);
    return found;
  });
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${option}: expected a number above zero, got "${text}"`);
  return value;
}
