import type { Step } from './conversation.ts';
import { applyLoad } from './load-generator.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { median, quantile } from './statistics.ts';
import type { LiveTarget, StoreKind, Target } from './targets/target.ts';

/** What a round of load on one target showed. */
interface Round {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpuMicroseconds: number;
  readonly serverBusy: number;
  readonly generatorBusy: number;
}

/** Medians over the rounds of one target. */
export interface Figures extends Round {
  /** Conversations per second of each round, in order: rounds of the same number ran next to each other. */
  readonly rates: readonly number[];
}

/** A row of the results. */
export interface Row {
  readonly scenario: Scenario;
  readonly store: StoreKind;
  readonly figures: ReadonlyMap<Target['name'], Figures>;
}

/** How long and how often; seconds. */
export interface Pace {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmup: number;
  readonly connections: number;
}

/** What a row needs besides the scenario. */
export interface Plan {
  readonly targets: readonly Target[];
  readonly store: StoreKind;
  readonly pace: Pace;
  readonly progress: (line: string) => void;
}

interface Contestant {
  readonly target: Target;
  readonly live: LiveTarget;
  readonly steps: readonly Step[];
  readonly rounds: Round[];
}

/**
 * Puts all targets under the same load in turn, so that the drift of a shared machine meets them alike.
 *
 * @throws Error that names the target when one does not start, or answers with another status than the scenario expects.
 */
export async function measure(scenario: Scenario, plan: Plan): Promise<Row> {
  const { targets, store, pace, progress } = plan;
  const contestants: Contestant[] = [];
  try {
    for (const target of targets) contestants.push(await enter(target, scenario, store));
    for (const contestant of contestants) {
      const { rate } = await oneRound(contestant, { ...pace, seconds: pace.warmup });
      progress(`  ${contestant.target.name}: ${rate.toFixed(0)}/s in the warm-up`);
    }
    for (let round = 1; round <= pace.rounds; round += 1) {
      for (const contestant of contestants) contestant.rounds.push(await oneRound(contestant, pace));
      progress(`  round ${round}: ${contestants.map(lastRound).join(', ')}`);
    }
  } finally {
    await Promise.all(contestants.map(({ live }) => live.process.stop()));
  }
  return {
    scenario,
    store,
    figures: new Map(contestants.map(({ target, rounds }) => [target.name, summary(rounds)])),
  };
}

async function enter(target: Target, scenario: Scenario, store: StoreKind): Promise<Contestant> {
  const tokens = scenario.tokens ?? 'identifier';
  const live = await named(target, target.start({ clientCredentialsTokens: tokens, store, shortLived: false }));
  try {
    return { target, live, steps: await named(target, scenario.prepare(live)), rounds: [] };
  } catch (problem) {
    await live.process.stop();
    throw problem;
  }
}

async function oneRound({ target, live, steps }: Contestant, pace: Pace): Promise<Round> {
  const cpuBefore = live.process.cpuSeconds();
  const started = performance.now();
  const load = { port: live.process.port, steps, connections: pace.connections, seconds: pace.seconds };
  const result = await named(target, applyLoad(load));
  const cpu = live.process.cpuSeconds() - cpuBefore;
  return {
    rate: result.completed / result.seconds,
    p50: quantile(result.latencies, 0.5),
    p99: quantile(result.latencies, 0.99),
    cpuMicroseconds: (cpu / result.completedInAll) * 1e6,
    serverBusy: cpu / ((performance.now() - started - result.calibration) / 1000),
    generatorBusy: result.busy,
  };
}

function summary(rounds: readonly Round[]): Figures {
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
  return {
    rate: of((round) => round.rate),
    p50: of((round) => round.p50),
    p99: of((round) => round.p99),
    cpuMicroseconds: of((round) => round.cpuMicroseconds),
    serverBusy: of((round) => round.serverBusy),
    generatorBusy: of((round) => round.generatorBusy),
    rates: rounds.map(({ rate }) => rate),
  };
}

function lastRound({ target, rounds }: Contestant): string {
  return `${target.name} ${rounds.at(-1)?.rate.toFixed(0)}/s`;
}

async function named<T>(target: Target, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (problem) {
    throw new Error(`${target.name}: ${problem instanceof Error ? problem.message : String(problem)}`);
  }
}
