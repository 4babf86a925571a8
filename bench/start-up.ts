import { median } from './statistics.ts';
import type { Target, TargetName } from './targets/target.ts';

/** What a start from nothing costs; medians. */
export interface StartUp {
  readonly target: TargetName;
  /** From spawn to the first discovery answer, milliseconds. */
  readonly coldStart: number;
  /** Resident set after that and a second of rest, bytes. */
  readonly idleBytes: number;
}

/** Starts each target several times, in turn. @throws Error when one does not start. */
export async function measureStartUp(
  targets: readonly Target[],
  runs: number,
  progress: (line: string) => void,
): Promise<readonly StartUp[]> {
  const found = targets.map((target) => ({ target, coldStarts: [] as number[], idle: [] as number[] }));
  for (let run = 1; run <= runs; run += 1) {
    for (const { target, coldStarts, idle } of found) {
      const { process } = await target.start({
        clientCredentialsTokens: 'identifier',
        store: 'memory',
        shortLived: false,
      });
      coldStarts.push(process.readyAfter);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      idle.push(process.residentBytes());
      await process.stop();
    }
    progress(
      `  start ${run}: ${found.map((one) => `${one.target.name} ${one.coldStarts.at(-1)?.toFixed(0)} ms`).join(', ')}`,
    );
  }
  return found.map(({ target, coldStarts, idle }) => ({
    target: target.name,
    coldStart: median(coldStarts),
    idleBytes: median(idle),
  }));
}
