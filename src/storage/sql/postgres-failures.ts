import { messageOf } from '../../domain/error-message.ts';
import { StorageAway } from '../../ports/stores/storage-away.ts';

/** SQLSTATE of a write where the server, or every new transaction, is read-only: after a failover, the standby that it was. */
export const READ_ONLY = '25006';

/**
 * SQLSTATEs, whole or by class, that speak of the server and not of the statement: connection exceptions, read-only, resources
 * (disk, memory, connections), operator intervention, system errors; and waits for a lock or another transaction that came
 * to nothing.
 */
const AWAY = /^(?:08|25006|53|57|58|40001|40P01|55P03)/;

/** Those after which another connection may reach a server that works: read-only, ended by the operator, broken machine. */
const ELSEWHERE = /^(?:08|25006|57P|58)/;

/** The failure of a statement as a `StorageAway`, unless it speaks of the statement itself. */
export function statementFailure(error: unknown): unknown {
  const state = sqlState(error);
  if (state !== undefined) return AWAY.test(state) ? new StorageAway(messageOf(error), state, error) : error;
  // Without a state it was the driver: a connection that is gone, or a value that it cannot write or read.
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return error;
  return error instanceof StorageAway ? error : new StorageAway(messageOf(error), codeOf(error) ?? 'lost', error);
}

/** The failure of a connection that could not be opened: nothing can be asked, so whatever it was, the storage is away. */
export function connectFailure(error: unknown): StorageAway {
  if (error instanceof StorageAway) return error;
  return new StorageAway(messageOf(error), codeOf(error) ?? 'lost', error);
}

/** Whether a connection is worth nothing after this failure, while another one may be. */
export function isConnectionSpoilt(failure: unknown): boolean {
  return failure instanceof StorageAway && (sqlState(failure) === undefined || ELSEWHERE.test(failure.code));
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function sqlState(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code) ? code : undefined;
}
