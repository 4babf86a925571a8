import { closeSync, mkdirSync, openSync, write, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Where log lines go. */
export interface LogDestination {
  /** Takes one line with its line feed. Cheap: lines are collected. */
  write(line: string): void;
  /** Resolves when everything that was collected is written, or cannot be. */
  flush(): Promise<void>;
  /** Opens the file anew, after it was moved away. No effect on standard output. Rejects when it cannot be opened; the old one then stays in use. */
  reopen(): Promise<void>;
  /** Flushes, and closes the file. */
  close(): Promise<void>;
}

/** Bytes that are collected before they are written, and the room for them. */
const chunk = 65_536;
const room = 2 * chunk;
/** Milliseconds after which they are written anyway. */
const delay = 20;
/** Characters that may wait for a stuck reader; what comes beyond is dropped, so that memory stays bounded. */
const mostWaiting = 16 * 1024 * 1024;
/** Milliseconds until a reader that has no room is tried again, and how often at the end of the process. */
const busyDelay = 50;
const lastTries = 20;

/**
 * Collects lines as bytes and writes them asynchronously every 64 KiB or 20 ms: a line then costs a copy instead of a system
 * call, and leaves nothing on the heap for the garbage collector to carry about. Also written at the normal end of the process and after an uncaught exception; the caller
 * flushes before it dies of a signal. Errors of writing (disk full, closed pipe) lose lines and never stop the server.
 *
 * @param file path of a file to append to, with its folders made; undefined for standard output. Throws when it cannot
 *   be opened.
 */
export function openLogDestination(file?: string): LogDestination {
  let descriptor = openFile(file);
  let collected = Buffer.allocUnsafeSlow(room);
  let spare = Buffer.allocUnsafeSlow(room);
  let used = 0;
  // Lines that find no room while the other half is being written.
  let overflow = '';
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  const start = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing ??= drain().finally(() => {
      writing = undefined;
      if (used > 0 || overflow !== '') timer ??= setTimeout(start, delay).unref();
    });
    return writing;
  };
  /** Writes on only while there is enough for a write to be worth it: the rest waits for its time. */
  const drain = async (): Promise<void> => {
    do {
      const full = collected;
      const bytes = full.subarray(0, used);
      const late = overflow;
      collected = spare;
      used = 0;
      overflow = '';
      if (bytes.length > 0) await writeAll(descriptor, bytes);
      if (late !== '') await writeAll(descriptor, Buffer.from(late));
      spare = full;
    } while (used >= chunk || overflow !== '');
  };
  const flush = async (): Promise<void> => {
    do await start();
    while (used > 0 || overflow !== '');
  };
  const atExit = (): void => {
    // A write under way is completed by its own thread; what was collected since cannot wait for it.
    writeAllSync(descriptor, collected.subarray(0, used));
    writeAllSync(descriptor, Buffer.from(overflow));
    used = 0;
    overflow = '';
  };
  process.on('exit', atExit);
  return {
    write(line) {
      // Order is kept: once a line had to wait outside, all that follow do.
      if (overflow === '' && used + line.length * 3 <= room) used += collected.write(line, used);
      else if (overflow.length + line.length <= mostWaiting) overflow += line;
      if (writing !== undefined) return;
      if (used >= chunk || overflow !== '') void start();
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
