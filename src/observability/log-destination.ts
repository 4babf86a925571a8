import { appendFileSync, writeSync } from 'node:fs';
import { pino } from 'pino';

/** Where log lines go. */
export interface LogDestination {
  /** Takes one line with its line feed. Cheap: lines are collected. */
  write(line: string): void;
  /** Writes everything that was collected, before it returns. */
  flush(): void;
  /** Opens the file anew, after it was moved away. No effect on standard output. */
  reopen(): void;
  /** Flushes and lets go of the process. */
  close(): void;
}

/** Characters that are collected before they are written. */
const chunk = 16_384;
/** Milliseconds after which they are written anyway. */
const delay = 20;
/** Bytes that may wait for a stuck reader; what is beyond is dropped, so that memory stays bounded. */
const mostWaiting = 16 * 1024 * 1024;

/**
 * Collects lines and writes them asynchronously every 16 Ki characters or 20 ms: a line then costs a string concatenation
 * instead of a system call. Also written at the normal end of the process and after an uncaught exception; the caller
 * flushes before it dies of a signal. Errors of the destination (disk full, closed pipe) never stop the server.
 *
 * @param file path of a file to append to; undefined for standard output.
 */
export function openLogDestination(file?: string): LogDestination {
  const stream = pino.destination({ dest: file ?? 1, sync: false, maxLength: mostWaiting, mkdir: true });
  stream.on('error', () => {});
  let pending = '';
  let timer: NodeJS.Timeout | undefined;

  const pass = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const lines = pending;
    pending = '';
    if (lines === '') return;
    try {
      stream.write(lines);
    } catch {
      // The stream has ended itself at `beforeExit`; the last words of the process still get out.
      if (file === undefined) writeSync(1, lines);
      else appendFileSync(file, lines);
    }
  };
  const flush = (): void => {
    pass();
    try {
      stream.flushSync();
    } catch {
      // Nowhere to report it: this is the log. Thrown when a file has not been opened yet or the pipe is closed.
    }
  };
  // The stream's own handlers end it at `beforeExit`; the collected lines must be in it by then.
  process.prependListener('beforeExit', pass);
  process.prependListener('exit', flush);
  return {
    write(line) {
      pending += line;
      if (pending.length >= chunk) pass();
      else timer ??= setTimeout(pass, delay).unref();
    },
    flush,
    reopen() {
      pass();
      if (file !== undefined) stream.reopen();
    },
    close() {
      process.removeListener('beforeExit', pass);
      process.removeListener('exit', flush);
      flush();
      // Standard output stays open for others: the descriptor is not ours to close.
      if (file !== undefined) stream.end();
    },
  };
}
