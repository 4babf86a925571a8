import { applyLoad } from './load-generator.ts';
import { mixed } from './scenarios/catalogue.ts';
import { slope } from './statistics.ts';
import type { StoreKind, Target } from './targets/target.ts';

/** A reading during the run. */
export interface MemorySample {
  /** Seconds since the start of the load. */
  readonly at: number;
  readonly residentBytes: number;
  /** Least used heap of the seconds before; undefined where the server reports none. */
  readonly heapBytes: number | undefined;
}

/** How memory behaved under steady load. */
export interface MemoryRun {
  readonly store: StoreKind;
  readonly seconds: number;
  readonly completed: number;
  readonly samples: readonly MemorySample[];
  /** Slopes over the second half, MiB per minute: the first half fills caches and lets lifetimes run out. */
  readonly residentSlope: number;
  readonly heapSlope: number | undefined;
}

const sliceSeconds = 5;
const mebibyte = 1_048_576;

/**
 * Applies the mixed load in slices of five seconds, and reads the memory between them.
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
  const live = await target.start({ clientCredentialsTokens: 'identifier', store, shortLived: true }, (bytes) => {
    heapBytes = bytes;
  });
  try {
    const samples: MemorySample[] = [];
    let completed = 0;
    const started = performance.now();
    while (performance.now() - started < seconds * 1000) {
      // Prepared anew each time: the identifiers of the mix are short-lived here.
      const steps = [];
      for (const scenario of mixed) steps.push(...(await scenario.prepare(live)));
      const result = await applyLoad({
        port: live.process.port,
        steps,
        connections,
        seconds: sliceSeconds,
        sleeps: false,
      });
      completed += result.completed;
      const at = (performance.now() - started) / 1000;
      samples.push({ at, residentBytes: live.process.residentBytes(), heapBytes });
      progress(
        `  ${at.toFixed(0)} s: ${describe(samples.at(-1))}, ${(result.completed / sliceSeconds).toFixed(0)} rounds/s`,
      );
    }
    const settled = samples.filter(({ at }) => at > seconds / 2);
    const heaps = settled.flatMap((sample) =>
      sample.heapBytes === undefined ? [] : [{ x: sample.at / 60, y: sample.heapBytes / mebibyte }],
    );
    return {
      store,
      seconds,
      completed,
      samples,
      residentSlope: slope(settled.map((sample) => ({ x: sample.at / 60, y: sample.residentBytes / mebibyte }))),
      heapSlope: heaps.length > 1 ? slope(heaps) : undefined,
    };
  } finally {
    await live.process.stop();
  }
}

/** A sample for people. */
export function describe(sample: MemorySample | undefined): string {
  const mib = (bytes: number | undefined): string =>
    bytes === undefined ? '-' : `${(bytes / mebibyte).toFixed(1)} MiB`;
  return `RSS ${mib(sample?.residentBytes)}, heap ${mib(sample?.heapBytes)}`;
}
