import type { Step } from './conversation.ts';
import { applyLoad } from './load-generator.ts';
import { machineCpuSeconds } from './processes.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { median, quantile } from './statistics.ts';
import type { LiveTarget, StoreKind, Target, TargetName } from './targets/target.ts';

/** Share of a core above which the rest of the machine disturbs a measurement. */
export const disturbance = 0.1;

/** What a round of load on one target showed. */
interface Round {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpuMicroseconds: number;
  readonly serverBusy: number;
  readonly generatorBusy: number;
  /** CPU time of everything else on the machine, as a share of one core: others who disturbed the round. */
  readonly others: number;
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
  readonly figures: ReadonlyMap<TargetName, Figures>;
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
      const { rate } = await oneRound(contestant, { ...pace, seconds: pace.warmup }, store);
      progress(`  ${contestant.target.name}: ${rate.toFixed(0)}/s in the warm-up`);
    }
    await takeTurns(contestants, plan);
  } finally {
    await Promise.all(contestants.map(({ live }) => live.process.stop()));
  }
  return {
    scenario,
    store,
    figures: new Map(contestants.map(({ target, rounds }) => [target.name, summary(rounds)])),
  };
}

/** Every other turn goes the other way round, so that nobody gains by the place. Rounds in which other programs took part are repeated, as often again as there are rounds; the calmest count. */
async function takeTurns(contestants: readonly Contestant[], { pace, store, progress }: Plan): Promise<void> {
  // PostgreSQL is no disturbance, but can't be told from one.
  const tolerated = store === 'postgres' ? Number.POSITIVE_INFINITY : disturbance;
  const turns: { readonly others: number; readonly rounds: readonly Round[] }[] = [];
  const calmTurns = (): number => turns.filter(({ others }) => others <= tolerated).length;
  while (calmTurns() < pace.rounds && turns.length < 2 * pace.rounds) {
    const rounds: Round[] = [];
    const order = [...contestants.entries()];
    if (turns.length % 2 === 1) order.reverse();
    for (const [index, contestant] of order) rounds[index] = await oneRound(contestant, pace, store);
    const others = Math.max(...rounds.map((round) => round.others));
    turns.push({ others, rounds });
    const rates = contestants
      .map(({ target }, index) => `${target.name} ${rounds[index]?.rate.toFixed(0)}/s`)
      .join(', ');
    const note = others > tolerated ? `; others used ${(others * 100).toFixed(0)} % of a core` : '';
    progress(`  round ${turns.length}: ${rates}${note}`);
  }
  turns.sort((one, other) => one.others - other.others);
  for (const { rounds } of turns.slice(0, pace.rounds)) {
    for (const [index, round] of rounds.entries()) contestants[index]?.rounds.push(round);
  }
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

async function oneRound({ target, live, steps }: Contestant, pace: Pace, store: StoreKind): Promise<Round> {
  const before = cpuReadings(live);
  const started = performance.now();
  const { connections, seconds: length } = pace;
  const load = { port: live.process.port, steps, connections, seconds: length, sleeps: store === 'postgres' };
  const result = await named(target, applyLoad(load));
  const after = cpuReadings(live);
  const seconds = (performance.now() - started) / 1000;
  const cpu = after.server - before.server;
  return {
    rate: result.completed / result.seconds,
    p50: quantile(result.latencies, 0.5),
    p99: quantile(result.latencies, 0.99),
    cpuMicroseconds: (cpu / result.completedInAll) * 1e6,
    serverBusy: cpu / seconds,
    generatorBusy: result.busy,
    others: Math.max(0, after.machine - before.machine - cpu - (after.generator - before.generator)) / seconds,
  };
}

function cpuReadings(live: LiveTarget): { server: number; generator: number; machine: number } {
  const { user, system } = process.cpuUsage();
  return { server: live.process.cpuSeconds(), generator: (user + system) / 1e6, machine: machineCpuSeconds() };
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
    others: of((round) => round.others),
    rates: rounds.map(({ rate }) => rate),
  };
}

async function named<T>(target: Target, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (problem) {
    throw new Error(`${target.name}: ${problem instanceof Error ? problem.message : String(problem)}`);
  }
}
