/**
 * The storage cannot do its work at the moment, whatever was asked of it: it cannot be reached, takes no writes, is full or has no
 * connection to spare. Nothing is wrong with the request, which may be sent again later.
 */
export class StorageAway extends Error {
  /** What the storage calls the cause: an SQLSTATE, an error code of the system or of SQLite, or `lost`. */
  readonly code: string;

  constructor(reason: string, code: string, cause?: unknown) {
    super(`The storage is away (${code}): ${reason}`, { cause });
    this.name = 'StorageAway';
    this.code = code;
  }
}
