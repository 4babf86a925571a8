import { applyLoad } from './load-generator.ts';
import { mixed } from './scenarios/catalogue.ts';
import type { LiveTarget, StoreKind, Target } from './targets/target.ts';

/** A reading during the run. */
export interface MemorySample {
  /** Seconds since the start of the load. */
  readonly at: number;
  readonly residentBytes: number;
  /** Least used heap of the seconds before; undefined where the server reports none. */
  readonly heapBytes: number | undefined;
}

/** What a full collection has left of the heap. */
export interface KeptMemory {
  /** Seconds since the start of the load. */
  readonly at: number;
  readonly bytes: number;
}

/** How memory behaved under steady load. */
export interface MemoryRun {
  readonly store: StoreKind;
  readonly seconds: number;
  readonly completed: number;
  readonly samples: readonly MemorySample[];
  /** At the end of the first half, which fills caches and lets lifetimes run out, of the third quarter, and of the run. */
  readonly kept: readonly KeptMemory[];
}

const sliceSeconds = 5;
const mebibyte = 1_048_576;

/** Shares of the run after which a full collection is asked for. */
const collections = [1 / 2, 3 / 4, 1];

/**
 * Applies the mixed load in slices of five seconds, and reads the memory between them. What is in use goes up and down with
 * the garbage; whether the server keeps more and more shows after a full collection.
 *
 * @throws Error when an answer is wrong.
 */
export async function runForMemory(
  target: Target,
  options: { readonly seconds: number; readonly store: StoreKind; readonly connections: number },
  progress: (line: string) => void,
): Promise<MemoryRun> {
  const { seconds, store, connections } = options;
  let heapBytes: number | undefined;
  let onKept: (bytes: number) => void = () => {};
  const live = await target.start({ clientCredentialsTokens: 'identifier', store, shortLived: true }, (report) => {
    if ('kept' in report) onKept(report.kept);
    else heapBytes = report.heap;
  });
  const collect = (): Promise<number> =>
    new Promise((resolve) => {
      onKept = resolve;
      live.process.signal('SIGUSR2');
    });
  try {
    const samples: MemorySample[] = [];
    const kept: KeptMemory[] = [];
    let completed = 0;
    const started = performance.now();
    const elapsed = (): number => (performance.now() - started) / 1000;
    while (elapsed() < seconds) {
      const rounds = await applySlice(live, connections);
      completed += rounds;
      const sample = { at: elapsed(), residentBytes: live.process.residentBytes(), heapBytes };
      samples.push(sample);
      progress(`  ${sample.at.toFixed(0)} s: ${describe(sample)}, ${(rounds / sliceSeconds).toFixed(0)} rounds/s`);
      if (sample.at < seconds * (collections[kept.length] ?? Number.POSITIVE_INFINITY)) continue;
      const left = { at: sample.at, bytes: await collect() };
      kept.push(left);
      progress(`  ${describeKept(left)} after a full collection`);
    }
    return { store, seconds, completed, samples, kept };
  } finally {
    await live.process.stop();
  }
}

/** Answers the number of completed rounds. */
async function applySlice(live: LiveTarget, connections: number): Promise<number> {
  // Prepared anew each time: the identifiers of the mix are short-lived here.
  const steps = [];
  for (const scenario of mixed) steps.push(...(await scenario.prepare(live)));
  const load = { port: live.process.port, steps, connections, seconds: sliceSeconds, sleeps: false };
  return (await applyLoad(load)).completed;
}

/** By how much what is kept has grown over the second half, as a share; NaN for a run too short to tell. */
export function growth({ kept }: MemoryRun): number {
  const [half] = kept;
  const end = kept.at(-1);
  return half && end && kept.length === collections.length ? end.bytes / half.bytes - 1 : Number.NaN;
}

/** A sample for people. */
export function describe({ residentBytes, heapBytes }: MemorySample): string {
  return `RSS ${mib(residentBytes)}, heap ${heapBytes === undefined ? '-' : mib(heapBytes)}`;
}

/** What is kept, for people. */
export function describeKept({ at, bytes }: KeptMemory): string {
  return `${at.toFixed(0)} s: ${mib(bytes)}`;
}

function mib(bytes: number): string {
  return `${(bytes / mebibyte).toFixed(1)} MiB`;
}
