import { messageOf } from '../../domain/error-message.ts';
import { StorageAway } from '../../ports/stores/storage-away.ts';

/** Result codes that speak of the file, the disk or another process, and not of the statement. */
const AWAY: ReadonlyMap<number, string> = new Map([
  [5, 'SQLITE_BUSY'],
  [6, 'SQLITE_LOCKED'],
  [7, 'SQLITE_NOMEM'],
  [8, 'SQLITE_READONLY'],
  [10, 'SQLITE_IOERR'],
  [13, 'SQLITE_FULL'],
  [14, 'SQLITE_CANTOPEN'],
  [15, 'SQLITE_PROTOCOL'],
]);

/** The failure of a statement as a `StorageAway`, unless it speaks of the statement itself. */
export function sqliteFailure(error: unknown): unknown {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return error;
  // The lowest byte of an extended result code is the primary one.
  const code = AWAY.get(Number(error.errcode) & 0xff);
  return code === undefined ? error : new StorageAway(messageOf(error), code, error);
}
