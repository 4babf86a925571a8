import { closeSync, mkdirSync, openSync, write, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Where log lines go. */
export interface LogDestination {
  /** Takes one line with its line feed. Cheap: lines are collected. */
  write(line: string): void;
  /** Resolves when everything that was collected is written, or cannot be. */
  flush(): Promise<void>;
  /** Opens the file anew, after it was moved away. No effect on standard output. Throws when it cannot be opened. */
  reopen(): Promise<void>;
  /** Flushes, and closes the file. */
  close(): Promise<void>;
}

/** Characters that are collected before they are written. */
const chunk = 65_536;
/** Milliseconds after which they are written anyway. */
const delay = 20;
/** Characters that may wait for a stuck reader; what comes beyond is dropped, so that memory stays bounded. */
const mostWaiting = 16 * 1024 * 1024;
/** Milliseconds until a reader that has no room is tried again, and how often at the end of the process. */
const busyDelay = 50;
const lastTries = 20;

/**
 * Collects lines and writes them asynchronously every 64 Ki characters or 20 ms: a line then costs a string concatenation
 * instead of a system call. Also written at the normal end of the process and after an uncaught exception; the caller
 * flushes before it dies of a signal. Errors of writing (disk full, closed pipe) lose lines and never stop the server.
 *
 * @param file path of a file to append to, with its folders made; undefined for standard output. Throws when it cannot
 *   be opened.
 */
export function openLogDestination(file?: string): LogDestination {
  let descriptor = openFile(file);
  let pending = '';
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  const start = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing ??= drain().finally(() => {
      writing = undefined;
      if (pending !== '') timer ??= setTimeout(start, delay).unref();
    });
    return writing;
  };
  /** Writes on only while there is enough for a write to be worth it: the rest waits for its time. */
  const drain = async (): Promise<void> => {
    do {
      const bytes = Buffer.from(pending);
      pending = '';
      await writeAll(descriptor, bytes);
    } while (pending.length >= chunk);
  };
  const flush = async (): Promise<void> => {
    do await start();
    while (pending !== '');
  };
  const atExit = (): void => {
    // A write under way is completed by its own thread; what was collected since cannot wait for it.
    writeAllSync(descriptor, Buffer.from(pending));
    pending = '';
  };
  process.on('exit', atExit);
  return {
    write(line) {
      if (pending.length + line.length > mostWaiting) return;
      pending += line;
      if (writing !== undefined) return;
      if (pending.length >= chunk) void start();
      else timer ??= setTimeout(start, delay).unref();
    },
    flush,
    async reopen() {
      await flush();
      if (file === undefined) return;
      const before = descriptor;
      descriptor = openFile(file);
      closeSync(before);
    },
    async close() {
      await flush();
      clearTimeout(timer);
      process.removeListener('exit', atExit);
      // Standard output is not ours to close.
      if (file !== undefined) closeSync(descriptor);
    },
  };
}

function openFile(file: string | undefined): number {
  if (file === undefined) return 1;
  mkdirSync(dirname(file), { recursive: true });
  return openSync(file, 'a', 0o640);
}

/** Resolves when all is written, or when it turned out to be impossible. */
function writeAll(descriptor: number, bytes: Buffer): Promise<void> {
  return new Promise((done) => {
    const attempt = (offset: number): void => {
      write(descriptor, bytes, offset, bytes.length - offset, null, (error, written) => {
        if (error?.code === 'EAGAIN') setTimeout(attempt, busyDelay, offset).unref();
        else if (error || offset + written >= bytes.length) done();
        else attempt(offset + written);
      });
    };
    attempt(0);
  });
}

function writeAllSync(descriptor: number, bytes: Buffer): void {
  let offset = 0;
  let tries = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      const busy = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
      if (!busy || ++tries > lastTries) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busyDelay);
    }
  }
}
