import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** What the group of the owner and everybody else may do. */
const others = 0o077;

/**
 * Makes a database file that is missing, and its directory, for the owner alone, and takes the file from everybody else where it is
 * there: it has what signs for the server. SQLite gives its log and index (`-wal`, `-shm`) the mode of the file. A directory that is
 * there is left alone, for it may be shared. Throws as the file system does, except where somebody else owns the file.
 */
export function keepToOwner(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (made(file)) return;
  for (const suffix of ['', '-wal', '-shm']) narrow(file + suffix);
}

/**
 * Never opens a file that is there: to close it again would end the locks that SQLite has on it in this process (fcntl(2)).
 */
function made(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx', 0o600));
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function narrow(file: string): void {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  if (mode === undefined || (mode & others) === 0) return;
  try {
    chmodSync(file, mode & 0o700);
  } catch (error) {
    // Whoever owns the file has decided who may use it, this process among them.
    if (codeOf(error) !== 'EPERM' && codeOf(error) !== 'EROFS') throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
