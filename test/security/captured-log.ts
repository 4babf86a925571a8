import { createLog, type ServerLog } from '../../src/observability/log.ts';

/** A log whose lines a test can read. */
export interface CapturedLog {
  readonly log: ServerLog;
  /** Complete lines of JSON, in order, of level DEBUG and above. */
  readonly lines: string[];
  /** The lines of level ERROR and above: faults of the server. */
  faults(): readonly string[];
}

/** A real log, as the server has it, at its most talkative. */
export function captureLog(): CapturedLog {
  const lines: string[] = [];
  const log = createLog({ level: 'DEBUG', format: 'json', destination: { write: (line) => void lines.push(line) } });
  return { log, lines, faults: () => lines.filter((line) => /"level":"(ERROR|FATAL)"/.test(line)) };
}
